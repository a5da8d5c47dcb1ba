# find_package(stoa): the target stoa::sdk, with the drivers of <stoa/scheduler.h> and <stoa/executor.h>.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(Protobuf)
find_dependency(OpenSSL)
if(NOT TARGET stoa::sdk)
  get_filename_component(stoa_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
  add_library(stoa::sdk STATIC IMPORTED)
  set_target_properties(stoa::sdk PROPERTIES
    IMPORTED_LOCATION "${stoa_prefix}/lib/libstoa.a"
    INTERFACE_INCLUDE_DIRECTORIES "${stoa_prefix}/include"
    INTERFACE_COMPILE_FEATURES cxx_std_23
    INTERFACE_LINK_LIBRARIES "protobuf::libprotobuf;fmt;zookeeper_mt;simdjson;z;OpenSSL::SSL;OpenSSL::Crypto;Threads::Threads")
  unset(stoa_prefix)
endif()
