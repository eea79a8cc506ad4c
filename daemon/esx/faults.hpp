// The vSphere faults, mapped to the closed list of those that we treat differently. Pure.
#pragma once
#include "daemon/esx/soap_text.hpp"

namespace vmha::esx {

// <soapenv:Fault>.
SoapFault fault_of_soap(const pugi::xml_node& fault);

// A LocalizedMethodFault: <error><fault xsi:type="…"/><localizedMessage/></error>.
SoapFault fault_of_localized(const pugi::xml_node& error);

}  // namespace vmha::esx
