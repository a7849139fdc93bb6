// Covers tools/report/{axes, html, interval, page, plot, style, training}.
// dyce report: pages that parse, say what the files say, and hold nothing but text from them.
#include "tests/tools/exit_inputs.h"
#include "tools/report/html.h"
#include "tools/report/interval.h"

#include <doctest/doctest.h>

#include <sstream>

using namespace dyce;
using namespace dyce::test;

namespace {

bool has(const std::string& text, const std::string& piece) { return text.find(piece) != std::string::npos; }

std::size_t count(const std::string& text, const std::string& piece) {
    std::size_t found = 0;
    for (auto at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++found;
    return found;
}

// The text of all elements, as an XML parser of others reads the page.
std::string text_of(const std::string& page) {
    const TempFolder folder;
    write_file(folder / "text.py",
               "import sys, xml.etree.ElementTree as tree\n"
               "sys.stdout.reconfigure(encoding='utf-8')\n"
               "print('|'.join(tree.parse(sys.argv[1]).getroot().itertext()))\n");
    const std::string command =
        "/usr/bin/python3 " + folder / "text.py" + " " + page + " >" + folder / "text";
    REQUIRE(std::system(command.c_str()) == 0);
    return read_file(folder / "text");
}

}  // namespace

TEST_CASE("intervals are those of the literature") {
    // R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17,
    // 1998: table I, method 5.
    const struct {
        int hits, count;
        double low, high;
    } rows[] = {
        {81, 263, 0.2527, 0.3676}, {15, 148, 0.0578, 0.1617}, {0, 20, 0, 0.1684}, {1, 29, 0.0009, 0.1776}};
    for (const auto& row : rows) {
        const Interval interval = exact_interval(row.hits, row.count);
        CHECK(std::abs(interval.low - row.low) < 5e-5);
        CHECK(std::abs(interval.high - row.high) < 5e-5);
        const Interval mirrored = exact_interval(row.count - row.hits, row.count);
        CHECK(mirrored.low == doctest::Approx(1 - interval.high));
    }
}

TEST_CASE("text in pages is text whatever it holds") {
    CHECK(html_text("a<b>&\"c\"'") == "a&lt;b&gt;&amp;&quot;c&quot;&#39;");
    CHECK(html_text("gr\xC3\xBC\xC3\x9F") == "gr\xC3\xBC\xC3\x9F");
    CHECK(html_text("\x01\xFFx\xC3") == "\xEF\xBF\xBD\xEF\xBF\xBDx\xEF\xBF\xBD");
    CHECK(percent(0.41591) == "41.6 %");
    CHECK(fixed(1e300, 1).size() == 303);
}

TEST_CASE("a report shows every configuration and escapes what comes from files") {
    const TempFolder folder;
    write_exit_inputs(folder);
    write_exit_set(folder);
    auto contents = ConfigurationSet::load(folder / "set.configs.json").contents();
    contents.split = "<script>alert(1)</script> & \"more\"";
    contents.cost_unit = "ms";
    contents.configurations[0].exits[0].type = "<img src=x onerror='y'>";
    for (auto& c : contents.configurations) c.exit_share = {0.25, 0, 0.75};
    ConfigurationSet(contents).save(folder / "set.configs.json");
    write_file(folder / "report.html", "an older one");
    const Outcome outcome =
        run_program("report " + folder / "set.configs.json" + " -o " + folder / "report.html --json");
    CAPTURE(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(has(outcome.out, "\"schema\": \"dyce.report/1\""));
    const std::string page = read_file(folder / "report.html");
    CHECK_FALSE(has(page, "<script"));
    CHECK_FALSE(has(page, "<img"));
    CHECK(count(page, "http") == 2);  // the name of XHTML, and "http-equiv"
    CHECK(has(page, "prefers-color-scheme: dark"));
    const std::string text = text_of(folder / "report.html");
    CHECK(has(text, "<script>alert(1)</script> & \"more\""));
    CHECK(has(text, "<img src=x onerror='y'>"));
    for (const char* name : {"first", "second", "none"}) {
        CHECK(has(text, name));
        CHECK(has(page, "<details id=\"" + std::string(name) + "\">"));
    }
    CHECK(has(text, "cost|multiply-adds"));
    CHECK(has(text, "position 0: 25.0 %|final exit: 75.0 %"));
    CHECK_FALSE(has(text, "recorded"));
}

TEST_CASE("a report tells what a record says of each configuration") {
    const TempFolder folder;
    write_exit_inputs(folder);
    write_exit_set(folder);
    const std::string record = folder / "rec.npz";
    REQUIRE(run_program("record " + folder / "m.safetensors" + " --data " + folder / "data" + " -o " + record)
                .code == 0);
    const std::string arguments =
        "report " + folder / "set.configs.json" + " --records " + record + " -o " + folder / "report.html";
    REQUIRE(run_program(arguments).code == 0);
    const std::string text = text_of(folder / "report.html");
    CHECK(has(text, "40 images"));
    CHECK(has(text, "|block0|"));  // the feature map that the first exit reads
    CHECK(has(text, "first as recorded: "));
    CHECK(count(read_file(folder / "report.html"), "<line class=\"measured\"") == 3);
    if (!have_python("numpy")) return;
    // Columns are position * types + type; the types are exit0, quad0, exit1, quad1.
    write_file(folder / "accuracy.py",
               "import sys, numpy\n"
               "r = numpy.load(sys.argv[1])\n"
               "right = (r['preds'][:, :, 0] == r['label'][:, 0]).mean(axis=1)\n"
               "for name, column in (('first', 1), ('second', 6), ('none', -1)):\n"
               "    print(f'{name} as recorded: {100 * right[column]:.2f} %')\n");
    const std::string command =
        "/usr/bin/python3 " + folder / "accuracy.py" + " " + record + " >" + folder / "accuracies";
    REQUIRE(std::system(command.c_str()) == 0);
    std::istringstream accuracies(read_file(folder / "accuracies"));
    for (std::string line; std::getline(accuracies, line);) CHECK_MESSAGE(has(text, line), line);
}

TEST_CASE("a report shows how a network learned") {
    const TempFolder folder;
    const std::string head = "epoch,step,rate,loss,train_accuracy,seconds,accuracy,exit_accuracy\n";
    write_file(folder / "log.csv",
               head + "1,10,0.1,2.25,0.25,3.5,0.5,0.125;0.375\n2,20,0,1,0.75,4,0.625,0.5;0.5\n");
    const std::string to = " -o " + folder / "report.html";
    REQUIRE(run_program("report --log " + folder / "log.csv" + to).code == 0);
    const std::string text = text_of(folder / "report.html");
    CHECK(has(text, "log.csv: 2 epochs."));
    CHECK(has(text, "while training after epoch 2: 75.00 %"));
    CHECK(has(text, "held out after epoch 1: 50.00 %"));
    CHECK(has(text, "1|2.2500|25.00 %|50.00 % 12.50 % 37.50 % |"));
    CHECK(count(read_file(folder / "report.html"), "<circle") == 4);

    write_file(folder / "plain.csv", head + "1,10,0.1,2.25,0.25,3.5,,\n");
    REQUIRE(run_program("report --log " + folder / "plain.csv" + to).code == 0);
    CHECK_FALSE(has(text_of(folder / "report.html"), "held out"));

    const struct {
        const char *content, *piece;
    } rows[] = {{"", "line 1"},
                {"epoch,loss\n", "line 1"},
                {"1,10,0.1,2.25,0.25\n", "line 2: 5 columns"},
                {"1,10,0.1,x,0.25,3.5,,\n", "line 2: loss: found \"x\""},
                {"1,10,0.1,2.25,1.25,3.5,,\n", "train_accuracy"},
                {"1,10,0.1,2.25,0.25,3.5,0.5,0.5;;\n", "exit_accuracy"}};
    for (const auto& row : rows) {
        const std::string content = row.content;
        write_file(folder / "bad.csv", (content.starts_with("1") ? head : "") + content);
        const Outcome outcome = run_program("report --log " + folder / "bad.csv" + to);
        CAPTURE(outcome.err);
        CHECK(outcome.code == 3);
        CHECK(has(outcome.err, row.piece));
    }
    write_file(folder / "bad.csv", head);
    CHECK(run_program("report --log " + folder / "bad.csv" + to).code == 3);
    CHECK(run_program("report --log " + folder / "none.csv" + to).code == 4);
    CHECK(run_program("report --log " + folder / "log.csv" + " --records x.npz" + to).code == 2);
}

TEST_CASE("a report that cannot be made leaves the older one") {
    const TempFolder folder;
    write_exit_inputs(folder);
    write_exit_set(folder);
    const std::string set = folder / "set.configs.json";
    auto contents = ConfigurationSet::load(set).contents();
    contents.model_digest = std::string(32, 'a');
    ConfigurationSet(contents).save(folder / "other.configs.json");
    REQUIRE(run_program("record " + folder / "m.safetensors" + " --data " + folder / "data" + " -o " +
                        folder / "rec.npz")
                .code == 0);
    write_file(folder / "report.html", "an older one");
    const std::string to = " -o " + folder / "report.html", records = " --records " + folder / "rec.npz";
    const struct {
        std::string arguments;
        int code;
        const char* piece;
    } rows[] = {
        {set, 2, "--output: is missing"},
        {to, 2, "give one configuration set"},
        {folder / "other.configs.json" + records + to, 2, "of another model"},
        {folder / "none.configs.json" + to, 4, "none.configs.json"},
        {folder / "rec.npz" + to, 3, "rec.npz"},
        {set + " --records " + set + to, 3, "set.configs.json"},
        {set + " -o " + folder / "none/report.html", 4, "none"},
    };
    for (const auto& row : rows) {
        const Outcome outcome = run_program("report " + row.arguments);
        CAPTURE(row.arguments);
        CAPTURE(outcome.err);
        CHECK(outcome.code == row.code);
        CHECK(has(outcome.err, row.piece));
    }
    CHECK(read_file(folder / "report.html") == "an older one");
}
