// Rtl strings, conversions, memory; DbgPrint.
#include "tests/ntos/kernel_fixture.h"

namespace p2p::test {
namespace {

class ExRtl : public KernelTest {
 protected:
  static std::string narrow(const UNICODE_STRING& string) {
    std::string out;
    for (std::size_t i = 0; i < string.Length / sizeof(WCHAR); ++i) out += static_cast<char>(string.Buffer[i]);
    return out;
  }
};

TEST_F(ExRtl, UnicodeStringsInitCopyAppendCompare) {
  expect_no_bugcheck([&] {
    UNICODE_STRING a, b;
    RtlInitUnicodeString(&a, L"Hello");
    EXPECT_EQ(a.Length, 10);
    EXPECT_EQ(a.MaximumLength, 12);
    RtlInitUnicodeString(&b, nullptr);
    EXPECT_EQ(b.Length, 0);
    WCHAR buffer[8];
    UNICODE_STRING c = {0, sizeof buffer, buffer};
    RtlCopyUnicodeString(&c, &a);
    EXPECT_EQ(narrow(c), "Hello");
    EXPECT_EQ(buffer[5], 0);
    EXPECT_EQ(RtlAppendUnicodeToString(&c, L"!!"), STATUS_SUCCESS);
    EXPECT_EQ(narrow(c), "Hello!!");
    EXPECT_EQ(RtlAppendUnicodeStringToString(&c, &a), STATUS_BUFFER_TOO_SMALL);
    EXPECT_EQ(narrow(c), "Hello!!");
    RtlInitUnicodeString(&b, L"hELLO");
    EXPECT_FALSE(RtlEqualUnicodeString(&a, &b, FALSE));
    EXPECT_TRUE(RtlEqualUnicodeString(&a, &b, TRUE));
    EXPECT_LT(RtlCompareUnicodeString(&a, &b, FALSE), 0);
    EXPECT_TRUE(RtlPrefixUnicodeString(&b, &c, TRUE));
    EXPECT_FALSE(RtlPrefixUnicodeString(&c, &b, TRUE));
    RtlCopyUnicodeString(&c, nullptr);
    EXPECT_EQ(c.Length, 0);
  });
}

TEST_F(ExRtl, GuidsThereAndBack) {
  expect_no_bugcheck([&] {
    const GUID guid = {0x12345678, 0x9ABC, 0xDEF0, {1, 2, 3, 4, 5, 6, 0xFE, 0xFF}};
    UNICODE_STRING text;
    ASSERT_EQ(RtlStringFromGUID(guid, &text), STATUS_SUCCESS);
    EXPECT_EQ(narrow(text), "{12345678-9ABC-DEF0-0102-03040506FEFF}");
    GUID back = {};
    EXPECT_EQ(RtlGUIDFromString(&text, &back), STATUS_SUCCESS);
    EXPECT_EQ(RtlCompareMemory(&guid, &back, sizeof guid), sizeof guid);
    text.Buffer[9] = L'x';
    EXPECT_EQ(RtlGUIDFromString(&text, &back), STATUS_INVALID_PARAMETER);
    RtlFreeUnicodeString(&text);
    EXPECT_EQ(text.Buffer, nullptr);
  });
  EXPECT_EQ(kernel->counters().pool_bytes_outstanding, 0u);
}

TEST_F(ExRtl, AnsiAndUnicode) {
  expect_no_bugcheck([&] {
    ANSI_STRING ansi, back;
    UNICODE_STRING wide;
    RtlInitAnsiString(&ansi, "driver");
    ASSERT_EQ(RtlAnsiStringToUnicodeString(&wide, &ansi, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(narrow(wide), "driver");
    wide.Buffer[0] = 0x263A;
    ASSERT_EQ(RtlUnicodeStringToAnsiString(&back, &wide, TRUE), STATUS_SUCCESS);
    EXPECT_STREQ(back.Buffer, "?river");
    WCHAR small[3];
    UNICODE_STRING no_room = {0, sizeof small, small};
    EXPECT_EQ(RtlAnsiStringToUnicodeString(&no_room, &ansi, FALSE), STATUS_BUFFER_OVERFLOW);
    RtlFreeUnicodeString(&wide);
    RtlFreeAnsiString(&back);
  });
}

TEST_F(ExRtl, Integers) {
  expect_no_bugcheck([&] {
    WCHAR buffer[12];
    UNICODE_STRING text = {0, sizeof buffer, buffer};
    EXPECT_EQ(RtlIntegerToUnicodeString(0, 0, &text), STATUS_SUCCESS);
    EXPECT_EQ(narrow(text), "0");
    EXPECT_EQ(RtlIntegerToUnicodeString(0xBEEF, 16, &text), STATUS_SUCCESS);
    EXPECT_EQ(narrow(text), "BEEF");
    EXPECT_EQ(RtlIntegerToUnicodeString(1, 7, &text), STATUS_INVALID_PARAMETER);
    ULONG value = 0;
    RtlInitUnicodeString(&text, L"  0x1F ");
    EXPECT_EQ(RtlUnicodeStringToInteger(&text, 0, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, 0x1Fu);
    RtlInitUnicodeString(&text, L"-12abc");
    EXPECT_EQ(RtlUnicodeStringToInteger(&text, 10, &value), STATUS_SUCCESS);
    EXPECT_EQ(value, static_cast<ULONG>(-12));
  });
}

TEST_F(ExRtl, CompareMemoryCountsEqualBytes) {
  expect_no_bugcheck([] {
    EXPECT_EQ(RtlCompareMemory("abcd", "abxd", 4), 2u);
    EXPECT_EQ(RtlCompareMemory("abcd", "abcd", 4), 4u);
  });
}

TEST_F(ExRtl, TimeFieldsThereAndBack) {
  expect_no_bugcheck([] {
    LARGE_INTEGER time, back;
    time.QuadPart = 0;
    TIME_FIELDS fields;
    RtlTimeToTimeFields(&time, &fields);
    EXPECT_EQ(fields.Year, 1601);
    EXPECT_EQ(fields.Month, 1);
    EXPECT_EQ(fields.Weekday, 1);                 // a Monday
    time.QuadPart = 116444736000000000 + 10'000;  // 1970-01-01 00:00:00.001
    RtlTimeToTimeFields(&time, &fields);
    EXPECT_EQ(fields.Year, 1970);
    EXPECT_EQ(fields.Milliseconds, 1);
    EXPECT_TRUE(RtlTimeFieldsToTime(&fields, &back));
    EXPECT_EQ(back.QuadPart, time.QuadPart);
    fields.Month = 13;
    EXPECT_FALSE(RtlTimeFieldsToTime(&fields, &back));
  });
}

TEST_F(ExRtl, DbgPrintFormatsAsTheKernelDoes) {
  expect_no_bugcheck([] {
    UNICODE_STRING string;
    RtlInitUnicodeString(&string, L"counted");
    DbgPrint("%d %5u|%-4x|%08X %I64d %llu %c %s %ws %S %wZ %p 100%%\n", -7, 42u, 0xABu, 0xCAFEu, -5'000'000'000LL,
             18'000'000'000'000'000'000ULL, 'c', "narrow", L"wide", L"other", &string, &string);
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "%s %.3s|%*d", static_cast<const char*>(nullptr), "abcdef", 4,
               9);
  });
  EXPECT_EQ(events.count("ntos.dbgprint text=-7    42|ab  |0000CAFE -5000000000 18000000000000000000 c narrow wide "
                         "other counted ptr 100%"),
            1u);
  EXPECT_EQ(events.count("ntos.dbgprint text=(null) abc|   9"), 1u);
}

TEST_F(ExRtl, RaisedStatusIsAnUnhandledException) {
  expect_bugcheck(0x1E, 0xC0000001, [] { ExRaiseStatus(STATUS_UNSUCCESSFUL); });
}

TEST_F(ExRtl, FailedAssertionStopsWithItsText) {
  const ntos::BugCheck* bugcheck =
      run([] { RtlAssert(const_cast<char*>("a == b"), const_cast<char*>("f.c"), 7, nullptr); });
  ASSERT_NE(bugcheck, nullptr);
  EXPECT_NE(bugcheck->message.find("a == b in f.c:7"), std::string::npos);
}

}  // namespace
}  // namespace p2p::test
