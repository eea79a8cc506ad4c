// What the import has to say about a place in a script: a problem, which forbids writing, or a note.
#pragma once
#include <string>
#include <vector>

namespace vmha::migration {

struct Remark {
    std::string file;  // empty: about the whole
    int line = 0;      // 0: about the whole file
    std::string message;

    // "scripts/exec-vm1/start.sh:12: message"
    std::string text() const;
};

// A place, for a sentence about two of them.
std::string place(const std::string& file, int line);

struct Remarks {
    std::vector<Remark> problems;
    std::vector<Remark> notes;

    void problem(std::string file, int line, std::string message) {
        problems.push_back({std::move(file), line, std::move(message)});
    }
    void note(std::string file, int line, std::string message) {
        notes.push_back({std::move(file), line, std::move(message)});
    }
};

}  // namespace vmha::migration
