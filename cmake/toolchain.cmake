# Compiler, language and warning settings of the whole project.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "gcc ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines: it destroys temporaries of co_await expressions twice. "
    "Use clang 19 (./dev deps installs it) or gcc 13 or newer.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# Dev: fast to build, fast enough for thousands of simulated runs, stack traces with lines.
set(CMAKE_CXX_FLAGS_DEV "-O1 -gline-tables-only -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_DEV "${CMAKE_CXX_FLAGS_DEV}")
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELEASE "-O2")

find_program(CCACHE ccache)
if(CCACHE)
  # Time stamps in precompiled headers would defeat the cache. What a file includes is taken from the compiler's own list:
  # to have it preprocessed for that first costs a third more where nothing is cached yet.
  set(CCACHE_SETTINGS CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env ${CCACHE_SETTINGS} ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env ${CCACHE_SETTINGS} ${CCACHE})
  add_compile_options("$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
endif()

add_library(stoa_warnings INTERFACE)
target_compile_options(stoa_warnings INTERFACE -Wall -Wextra -Werror -Wno-missing-designated-field-initializers
  -Wno-missing-field-initializers
  # The wire has deprecated fields that must be read and written all the same.
  -Wno-deprecated-declarations)

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()
if(STOA_SANITIZE)
  add_compile_options(-fsanitize=${STOA_SANITIZE} -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${STOA_SANITIZE})
endif()
if(STOA_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
