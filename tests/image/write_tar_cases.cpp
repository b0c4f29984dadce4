// Writes the table of tar cases as files, with "<name> accept|refuse|refuse-for-runtimes" lines in index.txt: input of
// the differential test and of whoever wants to look at one.
#include "tests/support/tar_cases.h"

#include <filesystem>
#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: write_tar_cases DIRECTORY\n";
        return 2;
    }
    const std::filesystem::path directory = argv[1];
    std::filesystem::create_directories(directory);
    std::ofstream index(directory / "index.txt");
    for (const touchstone::test::TarCase& one : touchstone::test::tar_cases()) {
        std::ofstream(directory / (one.name + ".tar"), std::ios::binary) << one.bytes;
        const char* const verdict = !one.refused ? "accept" : one.go_accepts_too ? "refuse-for-runtimes" : "refuse";
        index << one.name << ' ' << verdict << '\n';
    }
    return index.flush() ? 0 : 1;
}
