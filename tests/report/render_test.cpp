// SPDX-License-Identifier: GPL-2.0
// Renderers on a small table, and what they escape.
#include "report/render/render.h"

#include "tests/report/support.h"

namespace osext::report {
namespace {

Table small_table() {
  Table table;
  table.id = "t";
  table.title = "A title";
  table.block_id = "profile";
  table.block = "p";
  table.columns.resize(3);
  table.columns[0] = {"name", "name", "", Align::left, true, false};
  table.columns[1] = {"value", "value", "band", Align::right, false, false};
  table.columns[2] = {"note", "note", "", Align::left, false, true};
  table.rows = {{"", {{"one two three four five"}, {"1.50"}, {"n, 1"}}},
                {"", {{"x"}, {""}, {"\"q\""}}}};
  return table;
}

TEST(Text, FitsTheWidthByWrapping) {
  const std::string text = render_text(small_table(), {24, false});
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(display_width(line), 24u) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
  EXPECT_NE(text.find("one two three"), text.npos);
  EXPECT_EQ(text.find("note"), text.npos);  // only in CSV
  EXPECT_EQ(text.find('\033'), text.npos);
}

TEST(Text, ColoursOnlyWhenAsked) {
  EXPECT_NE(render_text(small_table(), {80, true}).find('\033'), std::string::npos);
}

TEST(Text, WidthCountsCharactersNotBytes) {
  EXPECT_EQ(display_width("\xc3\xa4\xe2\x82\xac"), 2u);
}

TEST(CsvRendering, QuotesAndKeepsNoValueEmpty) {
  const Table table = small_table();
  EXPECT_EQ(
      render_csv({&table, 1}),
      "profile,name,value,note\np,one two three four five,1.50,\"n, 1\"\np,x,,\"\"\"q\"\"\"\n");
}

TEST(CsvRendering, BlocksMustHaveTheSameColumns) {
  std::vector<Table> blocks = {small_table(), small_table()};
  EXPECT_NO_THROW(render_csv(blocks));
  blocks[1].columns[0].id = "other";
  EXPECT_THROW(render_csv(blocks), std::logic_error);
}

TEST(Rendering, RaggedRowsAreRefused) {
  Table table = small_table();
  table.rows[0].cells.pop_back();
  EXPECT_THROW(render_text(table, {80, false}), std::logic_error);
  EXPECT_THROW(render_markdown(table), std::logic_error);
  EXPECT_THROW(render_latex(table), std::logic_error);
  EXPECT_THROW(render_html(table), std::logic_error);
  EXPECT_THROW(render_csv({&table, 1}), std::logic_error);
}

TEST(Markdown, EscapesMarkup) {
  Table table = small_table();
  table.rows[0].cells[0].text = "a|b <i> *x* _y_";
  const std::string text = render_markdown(table);
  EXPECT_NE(text.find("| a\\|b &lt;i&gt; \\*x\\* \\_y\\_ | 1.50 |"), text.npos) << text;
  EXPECT_NE(text.find("| --- | ---: |"), text.npos);
  EXPECT_NE(text.find("| x | - |"), text.npos);
}

TEST(Latex, EscapesEverySpecialCharacter) {
  EXPECT_EQ(latex_escape("50% & $5 #1 a_b {c} ~ ^ \\ --q"),
            "50\\% \\& \\$5 \\#1 a\\_b \\{c\\} \\textasciitilde{} \\textasciicircum{} "
            "\\textbackslash{} -{}-q");
}

TEST(Html, EscapesMarkup) {
  EXPECT_EQ(html_escape("<a href='x'>\"&</a>"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&lt;/a&gt;");
}

}  // namespace
}  // namespace osext::report
