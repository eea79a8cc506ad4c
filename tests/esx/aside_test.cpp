// Proves what is read off a licence, an account's rights and the unmounted volumes.
#include "daemon/esx/aside.hpp"

#include "tests/support/catch.hpp"

using namespace vmha;
using namespace vmha::esx;

namespace {

Parsed reply(const std::string& inside) {
    auto parsed = parse_response(200,
                                 R"(<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>)"
                                 R"(<MResponse xmlns="urn:vim25">)" +
                                     inside + "</MResponse></e:Body></e:Envelope>",
                                 "M", "esxi1");
    REQUIRE(parsed.reply);
    return parsed;
}

std::string license(const std::string& edition, const std::string& name, const std::string& more = "") {
    return "<LicenseManagerLicenseInfo><licenseKey>0</licenseKey><editionKey>" + edition +
           "</editionKey><name>" + name + "</name>" + more + "</LicenseManagerLicenseInfo>";
}

std::string number(const std::string& key, const std::string& value) {
    return "<properties><key>" + key + "</key><value>" + value + "</value></properties>";
}

Licence read(const std::string& licenses, const std::string& evaluation = "") {
    std::string properties = "<propSet><name>licenses</name><val>" + licenses + "</val></propSet>";
    if (!evaluation.empty())
        properties += "<propSet><name>evaluation</name><val>" + evaluation + "</val></propSet>";
    const auto parsed = reply("<returnval><objects><obj type=\"LicenseManager\">l</obj>" + properties +
                              "</objects></returnval>");
    return licence_of(retrieved_of(*parsed.reply));
}

const std::string trial = license("eval", "Evaluation Mode");

}  // namespace

TEST_CASE("a free licence is known by its edition or its name") {
    CHECK(read(license("esxBasic", "VMware ESXi")).writes == false);
    CHECK(read(license("esx.hypervisor.cpuPackage", "x")).writes == false);
    CHECK(read(license("esx.something", "vSphere 8 Hypervisor")).writes == false);
    CHECK_FALSE(read(license("esxBasic", "x")).evaluation_days);
}

TEST_CASE("a licence that was paid for may write, whatever else is on the list") {
    const auto paid = license("esx.enterprisePlus.cpuPackage", "vSphere 7 Enterprise Plus");
    CHECK(read(paid).writes == true);
    CHECK(read(paid + license("esxBasic", "x")).writes == true);
    const auto with_trial = read(trial + paid, number("expirationHours", "1"));
    CHECK(with_trial.writes == true);
    CHECK_FALSE(with_trial.evaluation_days);
}

TEST_CASE("of a list without a licence of the host's nothing is known") {
    CHECK_FALSE(read("").writes);
    CHECK_FALSE(read(license("vc.standard", "vCenter Server")).writes);
}

TEST_CASE("the evaluation's begun days are counted, with it or beside it") {
    const auto beside = [](const std::string& evaluation) { return read(trial, evaluation); };
    CHECK(beside(number("expirationHours", "1440")).evaluation_days == 60);
    CHECK(beside(number("expirationHours", "1439")).evaluation_days == 60);
    CHECK(beside(number("expirationHours", "25")).evaluation_days == 2);
    CHECK(beside(number("expirationHours", "0")).evaluation_days == 0);
    CHECK(beside(number("expirationHours", "-7")).evaluation_days == 0);
    CHECK(beside(number("expirationHours", "0") + number("expirationMinutes", "5")).evaluation_days == 1);
    CHECK(beside(number("expirationHours", "24") + number("expirationMinutes", "1450")).evaluation_days == 2);
    CHECK(beside(number("expirationMinutes", "1441")).evaluation_days == 2);
    CHECK_FALSE(beside(number("expirationHours", "soon")).evaluation_days);
    CHECK_FALSE(read(trial).evaluation_days);
    CHECK(read(trial).writes == true);
    CHECK(read(license("eval", "Evaluation Mode", number("expirationHours", "48"))).evaluation_days == 2);
}

TEST_CASE(
    "an account has the rights when each is granted somewhere, and it is not known when one is not told") {
    const auto entity = [](bool granted, size_t without) {
        std::string text = "<returnval><entity type=\"Folder\">f</entity>";
        for (size_t i = 0; i < needed_privileges().size(); ++i)
            if (i != without)
                text += "<privAvailability><privId>" + std::string(needed_privileges()[i]) +
                        "</privId><isGranted>" + (granted ? "true" : "false") +
                        "</isGranted></privAvailability>";
        return text + "</returnval>";
    };
    constexpr size_t none = 99;
    CHECK(privileged_of(*reply(entity(true, none)).reply) == true);
    CHECK(privileged_of(*reply(entity(false, none)).reply) == false);
    CHECK(privileged_of(*reply(entity(false, none) + entity(true, none)).reply) == true);
    CHECK(privileged_of(*reply(entity(true, 3) + entity(false, none)).reply) == false);
    CHECK_FALSE(privileged_of(*reply(entity(true, 3)).reply).has_value());
    CHECK_FALSE(privileged_of(*reply("").reply).has_value());
}

TEST_CASE("unmounted volumes are told by their labels, each once") {
    const std::string volume =
        "<returnval><extent><device><diskName>naa.6001</diskName></device></extent><vmfsLabel>EC_iSCSI"
        "</vmfsLabel><vmfsUuid>5bc7</vmfsUuid></returnval>";
    CHECK(unresolved_of(*reply(volume + volume + "<returnval><vmfsLabel>b</vmfsLabel></returnval>").reply) ==
          std::vector<std::string>{"EC_iSCSI", "b"});
    CHECK(unresolved_of(*reply("").reply).empty());
}
