// [registry] of the run's TOML.
#include "tb/run/registry_config.h"

#include <gtest/gtest.h>

#include "tb/run/options.h"

namespace p2p::tb {
namespace {

std::vector<ntos::RegistryValue> parse(const char* text) {
  return registry_values("run.toml", *toml::parse(text)["registry"].as_table());
}

TEST(RegistryConfig, EveryKindOfValueInEveryKey) {
  const auto values = parse(R"([registry.service]
Gain = 7
Offset = -1
Big = 4294967296
Name = "east"
On = true
List = ["a", "b"]
Table = [1, 2, 255]
[registry.service.Parameters]
Deep = 1
[registry.'\Registry\Machine\Software\Us']
Path = 2
)");
  std::map<std::string, const ntos::RegistryValue*> by_name;
  for (const auto& value : values) by_name[value.name] = &value;
  ASSERT_EQ(by_name.size(), 9u);
  EXPECT_EQ(std::get<std::uint32_t>(by_name["Gain"]->data), 7u);
  EXPECT_EQ(std::get<std::uint32_t>(by_name["Offset"]->data), 0xFFFFFFFFu);
  EXPECT_EQ(std::get<std::uint64_t>(by_name["Big"]->data), 0x1'0000'0000u);
  EXPECT_EQ(std::get<std::string>(by_name["Name"]->data), "east");
  EXPECT_EQ(std::get<std::uint32_t>(by_name["On"]->data), 1u);
  EXPECT_EQ(std::get<std::vector<std::string>>(by_name["List"]->data), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(std::get<std::vector<std::uint8_t>>(by_name["Table"]->data), (std::vector<std::uint8_t>{1, 2, 255}));
  EXPECT_EQ(by_name["Gain"]->key, "service");
  EXPECT_EQ(by_name["Deep"]->key, "service\\Parameters");
  EXPECT_EQ(by_name["Path"]->key, "\\Registry\\Machine\\Software\\Us");
}

TEST(RegistryConfig, WhatItCannotHoldIsRefusedByName) {
  const auto refusal = [](const char* text) -> std::string {
    try {
      parse(text);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_NE(refusal("[registry.nowhere]\nA = 1\n").find("run.toml: registry.nowhere: expected"), std::string::npos);
  EXPECT_NE(refusal("[registry]\nA = 1\n").find("registry.A"), std::string::npos);
  EXPECT_NE(refusal("[registry.device]\nA = 1.5\n").find("registry.device.A"), std::string::npos);
  EXPECT_NE(refusal("[registry.device]\nA = [256]\n").find("registry.device.A"), std::string::npos);
  EXPECT_NE(refusal("[registry.device]\nA = [\"x\", 1]\n").find("strings only"), std::string::npos);
}

}  // namespace
}  // namespace p2p::tb
