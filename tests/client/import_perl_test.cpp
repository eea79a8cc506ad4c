// Which assignments of a Perl text are read, and which are reported instead of guessed.
#include "client/import/perl.hpp"
#include "tests/support/catch.hpp"

namespace vmha::migration {
namespace {

using Catch::Contains;

const std::vector<std::string_view> names{"cfg_path", "cfg_paths", "vmk1", "ec1", "ec2", "max_cnt"};

std::vector<Assignment> read(std::string_view text) {
    return read_assignments(text, names);
}

// "name=value" of each, "name?" where it was not understood.
std::string shown(std::string_view text) {
    std::string out;
    for (const Assignment& one : read(text)) {
        out += (out.empty() ? "" : " ") + one.name + (one.understood() ? "" : "?");
        for (const std::string& value : one.values) out += "=" + value;
    }
    return out;
}

TEST_CASE(
    "a plain assignment is read, in either quotes, as a number, with spaces, comment and DOS line end") {
    CHECK(shown("my $vmk1 = '172.31.255.2';") == "vmk1=172.31.255.2");
    CHECK(shown("my $vmk1=\"172.31.255.2\"; # ESXi#1") == "vmk1=172.31.255.2");
    CHECK(shown("\tour\t$vmk1\t=\t'a b'\t;\r\n") == "vmk1=a b");
    CHECK(shown("$max_cnt = 50;") == "max_cnt=50");
    CHECK(shown("my $max_cnt = \"50\"; my $ec1 = 'x'; my $ec2 = 'y';") == "max_cnt=50 ec1=x ec2=y");
}

TEST_CASE("each assignment knows its line") {
    const auto found =
        read("# head\n\nmy $ec1 = 'a';\nmy @cfg_paths = (\n 'a',\n 'b',\n);\nmy $ec2 = 'b';\n");
    REQUIRE(found.size() == 3);
    CHECK(found[0].line == 3);
    CHECK(found[1].line == 4);
    CHECK(found[2].line == 8);
}

TEST_CASE("a list of paths is read over several lines, with comments in it") {
    CHECK(shown("my @cfg_paths = ('/a/a.vmx', \"/b/b.vmx\");") == "cfg_paths=/a/a.vmx=/b/b.vmx");
    CHECK(shown("my @cfg_paths = ( # all\n '/a/a.vmx', # 'first'\n '/b/b.vmx'\n);") ==
          "cfg_paths=/a/a.vmx=/b/b.vmx");
    CHECK(shown("my @cfg_paths = qw(/a/a.vmx /b/b.vmx);") == "cfg_paths?");
    CHECK(shown("my @cfg_paths = ('/a/a.vmx' '/b/b.vmx');") == "cfg_paths?");
    CHECK(shown("my @cfg_paths = ('/a/a.vmx'\nmy $ec1 = 'x';") == "cfg_paths? ec1=x");
}

TEST_CASE("comments, documentation, here-documents and what follows __END__ assign nothing") {
    CHECK(shown("# my $vmk1 = 'old';\n  # $vmk1 = 'old';\n1; # $vmk1 = 'old';\n") == "");
    CHECK(shown("=pod\n\nmy $vmk1 = 'old';\n\n=cut\nmy $vmk1 = 'new';\n") == "vmk1=new");
    CHECK(shown("print <<\"EOT\";\n$vmk1 = 'old';\nEOT\nmy $vmk1 = 'new';\n") == "vmk1=new");
    CHECK(shown("my $vmk1 = 'new';\n__END__\nmy $vmk1 = 'old';\n") == "vmk1=new");
    CHECK(shown("print \"$vmk1 = 'x';\";") == "");
}

TEST_CASE("reading and comparing is no assignment") {
    for (const char* text : {"if ($ec1 == $ec2) {}", "if ($vmk1 =~ /172/) {}", "print $vmk1;", "my $vmk1;",
                             "foreach my $cfg_path (@cfg_paths) {", "if ($max_cnt <= 5) {}", "$a{$ec1} = 1;",
                             "my %h = ($ec1 => 1);", "$x = $vmk1;", "my $vmk10 = '1';", "&f($ec1, $ec2);"}) {
        INFO(text);
        CHECK(shown(text) == "");
    }
}

TEST_CASE("everything else that may change the variable is not understood") {
    for (const char* text : {"my $ec1 = $ARGV[0];",
                             "my $ec1 = `hostname`;",
                             "my $ec1 = 'a' . 'b';",
                             "my $ec1 = \"$x\";",
                             "my $ec1 = \"a@b\";",
                             "my $ec1 = 'a\\'b';",
                             "my $ec1 = \"a\\tb\";",
                             "my $ec1 = 'a'",
                             "my $ec1 = 'a' if $x;",
                             "my $ec1 = q(a);",
                             "$ec1 .= 'b';",
                             "$ec1 ||= 'b';",
                             "$ec1++;",
                             "--$ec1;",
                             "$ec1 =~ s/a/b/;",
                             "$ec1 =~ tr/a/b/;",
                             "chomp($ec1 = <STDIN>);",
                             "${ec1} = 'b';",
                             "$ec1[0] = 'b';",
                             "if ($x) { $ec1 = 'b'; }",
                             "if ($x) {\n  $ec1 = 'b';\n}",
                             "sub f {\n  my $ec1 = 'b';\n}",
                             "local $ec1 = 'b';",
                             "my $ec1 = 12ab;"}) {
        INFO(text);
        CHECK(shown(text) == "ec1?");
    }
    CHECK(shown("my ($ec1, $ec2) = ('a', 'b');") == "ec1? ec2?");
}

TEST_CASE("a quotation mark without its second hides no assignment behind it, and spoils no other line") {
    CHECK(shown("next if /can't/; $ec1 = 'b';\nmy $ec2 = 'c';") == "ec2=c");
    CHECK(shown("next if /don't/; $ec1 = \"b\";\nmy $ec2 = 'c';") == "ec1? ec2=c");
}

TEST_CASE("a block that was closed, an escaped bracket and a hash leave the next line outside") {
    CHECK(shown("if ($x) {\n  f();\n}\nmy $ec1 = 'b';") == "ec1=b");
    CHECK(shown("if (/\\{/) {\n}\n$h{a} = 1;\nmy $ec1 = 'b';") == "ec1=b");
}

TEST_CASE("broken text ends") {
    for (const char* text : {"", "$", "@", "my $ec1 =", "my $ec1 = '", "my @cfg_paths = (",
                             "my @cfg_paths = ('a',", "my @cfg_paths = ( # x", "<<", "<<\"", "\\", "${ec1",
                             "=pod", "'", "$ec1[", "$ec1 =~", "my @cfg_paths = (\n\n"}) {
        INFO(text);
        CHECK_NOTHROW(read(text));
    }
}

}  // namespace
}  // namespace vmha::migration
