// Writes reports of the samples into a directory, for the tests that read them with other eyes than ours: a browser, an
// HTML parser, a JSON Schema. report_samples DIRECTORY
#include "tests/report/explained_samples.h"
#include "tests/report/samples.h"

#include <fstream>
#include <iostream>
#include <string>

namespace {

using namespace touchstone;

void write(const std::string& directory, const std::string& name, const std::string& text) {
    std::ofstream(directory + "/" + name, std::ios::binary) << text;
}

void write_all(const std::string& directory, const std::string& name, const Report& report) {
    write(directory, name + ".html", render_html(report));
    write(directory, name + ".md", render_markdown(report));
    write(directory, name + ".json", render_json(report));
    write(directory, name + ".txt", render_text(report, {}));
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: report_samples DIRECTORY\n";
        return 2;
    }
    const std::string directory = argv[1];
    write_all(directory, "rich", test::report_on(test::explained_images()));
    write_all(directory, "hostile", test::report_on(test::hostile_explanation()));
    write_all(directory, "crowd", test::report_on(test::crowd_of_files(20'000, 1'000)));
    for (const test::Sample& sample : test::samples()) write_all(directory, std::string(sample.name), sample.report);
    return 0;
}
