// The socket API's version, in the header Vmha-Api and the field "api" of every reply.
#pragma once
#include <string_view>

namespace vmha {

inline constexpr int api_version = 1;
inline constexpr std::string_view default_socket_path = "/run/vmhad/vmhad.sock";

}  // namespace vmha
