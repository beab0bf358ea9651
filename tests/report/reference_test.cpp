// SPDX-License-Identifier: GPL-2.0
// The papers' figures: the tree's own file, and wrong ones.
#include "report/reference.h"

#include "report/csv_reader.h"
#include "tests/report/support.h"

namespace osext::report {
namespace {

using report_tests::error_of;

constexpr const char* kHeader =
    "document,experiment,mechanism,workload,params,metric,value,unit,origin,machine,place,note\n";

std::string error_for(const std::string& text) {
  return error_of([&] { References::parse(text, "x.csv"); });
}

Cell cell(const char* mechanism, const char* workload, const char* params) {
  return {"primitive_cost", mechanism, workload, parse_params(params)};
}

std::string value(Document document, const Cell& cell, const char* metric = "cycles") {
  const Reference* found = References::built_in().find(document, cell, metric);
  return found ? to_string(found->value) : "none";
}

TEST(References, TheTwoDocumentsStayApart) {
  EXPECT_EQ(value(Document::paper, cell("hijack", "rpc", "save=full")), "2900");
  EXPECT_EQ(value(Document::slides, cell("hijack", "rpc", "save=full")), "4482");
  EXPECT_EQ(value(Document::paper, cell("hijack", "rpc", "save=minimal")), "none");
  EXPECT_EQ(value(Document::paper, cell("linux", "rpc_peer", "bytes=1;profile=zen3")), "14500");
  EXPECT_EQ(value(Document::paper, cell("linux", "rpc_peer", "bytes=4")), "none");
  EXPECT_EQ(value(Document::slides, cell("uls", "upcall_tlb", "flush=cr3;mode=us")), "11000");
}

TEST(References, SafexAndUlsMeasuredDifferentSignals) {
  EXPECT_EQ(value(Document::slides, cell("linux", "signal_self", "profile=pentium4")), "6000");
  const char* const dispatch = "profile=pentium3;role=manager;signal=stop";
  EXPECT_EQ(value(Document::slides, cell("linux", "signal_other", dispatch)), "825");
  EXPECT_EQ(value(Document::slides,
                  cell("linux", "signal_other", "profile=pentium4;role=manager;signal=stop")),
            "none");
  EXPECT_EQ(value(Document::slides, cell("linux", "signal_other", "profile=pentium3")), "46000");
  EXPECT_EQ(value(Document::slides, cell("linux", "signal_self", "leg=round_trip")), "none");
  EXPECT_EQ(value(Document::slides,
                  cell("linux", "context_switch", "profile=pentium3;role=manager"), "ns"),
            "2990");
}

TEST(References, RatiosAreToTheSystemCallOfTheSameMachine) {
  const References& all = References::built_in();
  const auto ratio_text = [&](Document document, const Cell& cell) -> std::string {
    const auto ratio = all.ratio_of(*all.find(document, cell, "cycles"));
    return ratio ? two_decimals(*ratio) : "none";
  };
  EXPECT_EQ(ratio_text(Document::paper, cell("hijack", "interpose", "save=full")), "7.74");
  EXPECT_EQ(ratio_text(Document::slides, cell("hijack", "interpose", "save=full")), "11.85");
  EXPECT_EQ(ratio_text(Document::slides, cell("uls", "upcall", "")), "none");
  EXPECT_EQ(ratio_text(Document::slides, cell("linux", "read_proc_stat", "profile=pentium3")),
            "none");
}

// Arithmetic that the notes claim.
TEST(References, DerivedFiguresFollowFromPrintedOnes) {
  const auto paper = [](const char* mechanism, const char* workload, const char* params) {
    return References::built_in()
        .find(Document::paper, cell(mechanism, workload, params), "cycles")
        ->value.thousandths;
  };
  EXPECT_EQ(paper("hijack", "return", "save=full"),
            paper("hijack", "rpc", "save=full") - paper("hijack", "trap", "save=full"));
  EXPECT_EQ(paper("hijack", "interpose", "save=full"),
            paper("hijack", "rpc", "save=full") + paper("linux", "null_syscall", ""));
  int converted = 0;
  for (const Reference& in_ns : References::built_in().all()) {
    if (in_ns.metric != "ns") continue;
    Cell row = in_ns.cell;
    std::erase_if(row.params, [](const auto& param) { return param.second.empty(); });
    const Reference* in_cycles = References::built_in().find(in_ns.document, row, "cycles");
    ASSERT_NE(in_cycles, nullptr);
    EXPECT_TRUE(in_cycles->derived);
    EXPECT_EQ(in_cycles->value.thousandths * 1000, in_ns.value.thousandths * 550);
    ++converted;
  }
  EXPECT_EQ(converted, 5);
}

TEST(References, TheLibraryCarriesTheTreesFiles) {
  std::size_t figures = 0;
  for (const auto& file : report_tests::fs::directory_iterator(OSEXT_PAPERS)) {
    if (file.path().extension() != ".csv") continue;
    figures += References::parse(report_tests::read_text(file.path()), "file").all().size();
  }
  EXPECT_GT(figures, 30u);
  EXPECT_EQ(References::built_in().all().size(), figures);
}

TEST(References, AFigureStandsInOneFileOnly) {
  const std::string header = kHeader;
  const std::string figure = "paper,e,m,w,,cycles,430,cycles,printed,P4,Table 1,\n";
  const std::string other = "paper,e,m,w,,misses,6,misses,printed,P4,Table 1,\n";
  References all = References::parse(header + figure, "a.csv");
  all.add(References::parse(header + other, "b.csv"), "b.csv");
  EXPECT_EQ(all.all().size(), 2u);
  EXPECT_THROW(all.add(References::parse(header + figure, "c.csv"), "c.csv"), std::runtime_error);
}

TEST(References, WrongFilesAreRefusedByLine) {
  const std::string header = kHeader;
  const std::string good = "paper,e,m,w,,cycles,430,cycles,printed,P4,Table 1,\n";
  EXPECT_EQ(References::parse(header + good, "x.csv").all().size(), 1u);
  const std::pair<std::string, const char*> cases[] = {
      {"", "x.csv:1: the columns"},
      {good, "x.csv:1: the columns"},
      {header + good + good, "x.csv:3: gives a figure that an earlier line"},
      {header + "book,e,m,w,,cycles,430,cycles,printed,P4,T,\n", "x.csv:2: document 'book'"},
      {header + "paper,e,m,w,,cycles,430,cycles,guessed,P4,T,\n", "x.csv:2: origin 'guessed'"},
      {header + "paper,e,m,w,,cycles,4x,cycles,printed,P4,T,\n", "x.csv:2: '4x' is no decimal"},
      {header + "paper,e,m,w,,cycles,0,cycles,printed,P4,T,\n", "x.csv:2: value must be above 0"},
      {header + "paper,e,m,w,a,cycles,4,cycles,printed,P4,T,\n", "x.csv:2:"},
      {header + "paper,e,,w,,cycles,4,cycles,printed,P4,T,\n", "x.csv:2: has no mechanism"},
      {header + "paper,e,m,w,,cycles,4,cycles,printed,P4\n", "x.csv:2: has 10 fields, not 12"},
      {header + "paper,e,m,w,,cycles,4,cycles,printed,P4,T,\r\n", "x.csv:2: a carriage return"},
      {header + "paper,e,m,w,,cycles,4,cycles,printed,P4,T,\"no end\n", "a quoted field"},
      {header + "paper,e,m,w,,cycles,4,cycles,printed,P4,T,a\"b\n", "x.csv:2: a quote inside"},
      {header + "paper,e,m,w,,cycles,4,cycles,printed,P4,T,\"a\"b\n", "x.csv:2: text follows"},
      {header + "paper,e,m,w,,cycles,4,cycles,printed,P4,T,note", "x.csv:2: the last line"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_NE(error_for(text).find(message), std::string::npos)
        << text << " gives: " << error_for(text);
  }
}

TEST(Csv, ReadsQuotedFields) {
  const auto records = parse_csv("a,\"b,\"\"c\"\"\nd\",\n\"\",e,f\n", "x");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].fields, (std::vector<std::string>{"a", "b,\"c\"\nd", ""}));
  EXPECT_EQ(records[1].fields, (std::vector<std::string>{"", "e", "f"}));
  EXPECT_EQ(records[1].line, 3u);
}

}  // namespace
}  // namespace osext::report
