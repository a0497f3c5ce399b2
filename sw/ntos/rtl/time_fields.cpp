// Calendar dates: 100 ns units since 1601-01-01, as Windows counts.
#include "sw/ntos/ddk.h"

#include <chrono>

namespace {
using namespace std::chrono;
using Units = duration<std::int64_t, std::ratio<1, 10'000'000>>;
constexpr sys_days kEpoch = sys_days{year{1601} / January / 1};
}  // namespace

extern "C" {

VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields) {
  const Units since(Time->QuadPart);
  const days whole = floor<days>(since);
  const year_month_day date(kEpoch + whole);
  const hh_mm_ss<milliseconds> clock(floor<milliseconds>(since - whole));
  TimeFields->Year = static_cast<CSHORT>(static_cast<int>(date.year()));
  TimeFields->Month = static_cast<CSHORT>(static_cast<unsigned>(date.month()));
  TimeFields->Day = static_cast<CSHORT>(static_cast<unsigned>(date.day()));
  TimeFields->Hour = static_cast<CSHORT>(clock.hours().count());
  TimeFields->Minute = static_cast<CSHORT>(clock.minutes().count());
  TimeFields->Second = static_cast<CSHORT>(clock.seconds().count());
  TimeFields->Milliseconds = static_cast<CSHORT>(clock.subseconds().count());
  TimeFields->Weekday = static_cast<CSHORT>(weekday(kEpoch + whole).c_encoding());
}

BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time) {
  const year_month_day date{year{TimeFields->Year}, month{static_cast<unsigned>(TimeFields->Month)},
                            day{static_cast<unsigned>(TimeFields->Day)}};
  if (!date.ok() || TimeFields->Year < 1601 || TimeFields->Hour < 0 || TimeFields->Hour > 23 ||
      TimeFields->Minute < 0 || TimeFields->Minute > 59 || TimeFields->Second < 0 || TimeFields->Second > 59 ||
      TimeFields->Milliseconds < 0 || TimeFields->Milliseconds > 999) {
    return FALSE;
  }
  const Units since = sys_days(date) - kEpoch + hours(TimeFields->Hour) + minutes(TimeFields->Minute) +
                      seconds(TimeFields->Second) + milliseconds(TimeFields->Milliseconds);
  Time->QuadPart = since.count();
  return TRUE;
}

}  // extern "C"
