// SPDX-License-Identifier: GPL-2.0
// The sample record: one byte form out, nothing but that schema in.
#include "measure/sample.h"

#include <gtest/gtest.h>

#include <sstream>

namespace osext {
namespace {

Sample example() {
  Sample sample;
  sample.cell = {"primitive_cost", "linux", "rpc_peer", {{"profile", "zen3"}, {"bytes", "1"}}};
  sample.trial = 2;
  sample.metric = "cycles";
  sample.unit = "cycles";
  sample.ops = 1;
  sample.values = {3, -4, INT64_MAX, INT64_MIN};
  sample.counters = {{"sysrets", 4}, {"irets", 0}};
  return sample;
}

const char* const kLine =
    R"({"schema":"sample/1","experiment":"primitive_cost","mechanism":"linux",)"
    R"("workload":"rpc_peer","params":{"bytes":"1","profile":"zen3"},"trial":2,)"
    R"("metric":"cycles","unit":"cycles","ops":1,)"
    R"("values":[3,-4,9223372036854775807,-9223372036854775808],)"
    R"("counters":{"irets":0,"sysrets":4},"status":"ok","reason":""})";

TEST(Sample, HasOneByteForm) {
  EXPECT_EQ(to_json_line(example()), kLine);
}

TEST(Sample, ComesBackAsItWas) {
  const Sample back = parse_json_line(kLine);
  EXPECT_EQ(back.cell, example().cell);
  EXPECT_EQ(back.values, example().values);
  EXPECT_EQ(back.counters, example().counters);
  EXPECT_EQ(to_json_line(back), kLine);
}

TEST(Sample, KeepsAwkwardReasons) {
  Sample sample = example();
  sample.status = Status::failed;
  sample.reason = "a \"quoted\" \\ reason with \xc3\xa9 and \xff";
  const Sample back = parse_json_line(to_json_line(sample));
  EXPECT_EQ(back.status, Status::failed);
  EXPECT_EQ(to_json_line(back), to_json_line(sample));
}

// Each of these replaces a part of a good line by a bad one.
struct Damage {
  const char* good;
  const char* bad;
  const char* complaint;
};

class BadSample : public testing::TestWithParam<Damage> {};

TEST_P(BadSample, IsRefusedWithItsReason) {
  std::string line = kLine;
  const std::size_t at = line.find(GetParam().good);
  ASSERT_NE(at, std::string::npos);
  line.replace(at, std::string(GetParam().good).size(), GetParam().bad);
  try {
    parse_json_line(line);
    FAIL() << line;
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find(GetParam().complaint), std::string::npos)
        << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadSample,
    testing::Values(Damage{"sample/1", "sample/2", "schema"}, Damage{R"("trial":2,)", "", "trial"},
                    Damage{R"("trial":2,)", R"("trial":2,"trial":3,)", "twice"},
                    Damage{R"("trial":2,)", R"("trial":2,"more":3,)", "unknown key"},
                    Damage{R"("trial":2)", R"("trial":-2)", "negative"},
                    Damage{R"("ops":1)", R"("ops":0)", "ops"},
                    Damage{R"([3,)", R"([3.5,)", "64-bit integer"},
                    Damage{"9223372036854775807", "9223372036854775808", "64-bit integer"},
                    Damage{R"("bytes":"1")", R"("bytes":1)", "params"},
                    Damage{R"("status":"ok")", R"("status":"fine")", "fine"},
                    Damage{R"("reason":"")", R"("reason":null)", "reason"},
                    Damage{R"("reason":""})", R"("reason":"")", "not JSON"}));

TEST(Sample, ReadsLinesAndNamesTheBadOne) {
  std::istringstream good(std::string(kLine) + "\n" + kLine + "\n");
  EXPECT_EQ(read_samples(good).size(), 2u);
  std::istringstream bad(std::string(kLine) + "\nnonsense\n");
  try {
    read_samples(bad);
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("line 2"), std::string::npos);
  }
}

TEST(Params, AreSortedAndStrict) {
  EXPECT_EQ(to_string(Params{{"save", "full"}, {"engine", "direct"}}), "engine=direct;save=full");
  EXPECT_EQ(parse_params("engine=direct;save=full"),
            (Params{{"save", "full"}, {"engine", "direct"}}));
  EXPECT_TRUE(parse_params("").empty());
  EXPECT_THROW(parse_params("save"), std::invalid_argument);
  EXPECT_THROW(parse_params("=full"), std::invalid_argument);
  EXPECT_THROW(parse_params("save=full;save=full"), std::invalid_argument);
}

}  // namespace
}  // namespace osext
