// vmsvc/message: both forms of a question, and that neither its id nor a label is guessed.
#include "daemon/shell/text/message.hpp"

#include "daemon/core/questions.hpp"
#include "tests/support/print.hpp"

namespace vmha::shell::text {

TEST_CASE("no question is told in words") {
    const auto none = read_questions("No message.\n");
    REQUIRE(none);
    CHECK(none->empty());
}

TEST_CASE("a question of an old host comes with its message id") {
    const auto told = read_questions(
        "Virtual machine message 12:\n"
        "msg.uuid.altered:This virtual machine may have been moved or copied.\n"
        "0. Cancel (Cancel)\n"
        "1. I _moved it (I _moved it)\n"
        "2. I _copied it (I _copied it) [default]\n");
    REQUIRE(told);
    REQUIRE(told->size() == 1);
    const auto& question = told->front();
    CHECK(question.id == "12");
    CHECK(question.message_ids == std::vector<std::string>{"msg.uuid.altered"});
    CHECK(question.choices ==
          std::vector<core::Choice>{{"0", "Cancel"}, {"1", "I _moved it"}, {"2", "I _copied it"}});
    CHECK(core::answer_for(question, core::Kind::start)->key == "1");
    CHECK(core::answer_for(question, core::Kind::stop)->key == "0");
}

TEST_CASE("a question of a new host is known by its labels") {
    const auto told = read_questions(
        "Virtual machine message _vmx1:\n"
        "This virtual machine might have been moved or copied.\n"
        "In order to configure certain management and networking features, VMware ESX needs to know.\n"
        "\n"
        "   0. button.uuid.cancel (Cancel)\n"
        "   1. button.uuid.movedTheVM (I Moved It)\n"
        "   2. button.uuid.copiedTheVM (I Copied It) [default]\n");
    REQUIRE(told);
    REQUIRE(told->size() == 1);
    const auto& question = told->front();
    CHECK(question.id == "_vmx1");
    CHECK(question.message_ids.empty());
    CHECK(question.choices.size() == 3);
    CHECK(core::kind_of(question) == core::QuestionKind::moved_or_copied);
    CHECK(core::answer_for(question, core::Kind::start)->key == "1");
}

TEST_CASE("a question with a single choice, and a text that holds a number") {
    const auto told = read_questions(
        "Virtual machine message 4:\n"
        "msg.hbacommon.locklost:The lock protecting 'vm1.vmdk' has been lost,\n"
        "3. possibly due to underlying storage issues.\n"
        "   0. OK (OK)\n");
    REQUIRE(told);
    CHECK(told->front().choices == std::vector<core::Choice>{{"0", "OK"}});
    CHECK(core::answer_for(told->front(), core::Kind::stop)->key == "0");
    CHECK(told->front().text.ends_with("3. possibly due to underlying storage issues."));
}

TEST_CASE("several questions are told in their order") {
    const auto told = read_questions(
        "Virtual machine message 1:\nfirst\n   0. Yes (Yes)\nVirtual machine message 2:\nsecond\n   0. No "
        "(No)\n");
    REQUIRE(told);
    REQUIRE(told->size() == 2);
    CHECK((*told)[1].id == "2");
    CHECK((*told)[1].choices == std::vector<core::Choice>{{"0", "No"}});
}

TEST_CASE("what is neither a question nor the lack of one is an error") {
    for (const auto* text :
         {"", "\n", "Failed to login: Connection reset by peer\n", "<unset>", "Virtual machine message 3:\n",
          "Virtual machine message:\nx\n", "0. Cancel (Cancel)\n"}) {
        INFO(text);
        CHECK_FALSE(read_questions(text));
    }
}

}  // namespace vmha::shell::text
