# One folder below src/ is one static library:
#
#   stoa_library(model DEPS base proto THIRD fmt [PCH asio])
#
# declares stoa_model from every *.cpp here but *_test.cpp, links the named folders and third-party libraries, and,
# with STOA_TESTS, makes
#   - model_test from every *_test.cpp,
#   - model_link, a program that holds the whole library and links nothing but what is declared here: a use of a
#     folder that is not declared fails to link.
# PCH names the precompiled header that it shares with others (src/CMakeLists.txt): "code" unless said.
function(stoa_library name)
  cmake_parse_arguments(ARG "" "PCH" "DEPS;THIRD;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  foreach(excluded IN LISTS ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${excluded}")
    list(FILTER tests EXCLUDE REGEX "${excluded}")
  endforeach()

  add_library(stoa_${name} STATIC ${sources})
  target_include_directories(stoa_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(stoa_${name} PRIVATE stoa_warnings)
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(stoa_${name} PUBLIC stoa_${dep})
  endforeach()
  foreach(third IN LISTS ARG_THIRD)
    target_link_libraries(stoa_${name} PUBLIC stoa_third_${third})
  endforeach()
  if(NOT ARG_PCH)
    set(ARG_PCH code)
  endif()
  set(test_pch ${ARG_PCH})
  if(TARGET stoa_pch_${ARG_PCH}_test)
    set(test_pch ${ARG_PCH}_test)
  endif()
  target_precompile_headers(stoa_${name} REUSE_FROM stoa_pch_${ARG_PCH})

  if(NOT STOA_TESTS)
    return()
  endif()
  add_executable(${name}_link ${CMAKE_SOURCE_DIR}/cmake/link_test.cpp)
  target_link_libraries(${name}_link PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,stoa_${name}>)
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE stoa_${name} stoa_warnings stoa_third_gtest)
    target_precompile_headers(${name}_test REUSE_FROM stoa_pch_${test_pch})
    # A precompiled header fits one kind of relocatable code only; libraries have PIC, executables would have PIE.
    target_compile_options(${name}_test PRIVATE -fPIC)
    if(test_pch MATCHES "_test$")
      target_compile_options(${name}_test PRIVATE ${STOA_TEST_OPTIONS})
    endif()
    gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 LABELS unit)
  endif()
endfunction()

# A test file runs once and is compiled often: without optimization it takes little more than half the time.
set(STOA_TEST_OPTIONS $<$<CONFIG:Dev>:-O0>)

# stoa_pch(<name> [HEADER...]): a precompiled header for stoa_library to share, of cmake/pch/code.h and the named headers
# below src; with STOA_TESTS another one, for tests, that adds GoogleTest. It sees every header of the project, and
# nothing is linked because of it. A file of a core takes two seconds less when the core's state is in it.
function(stoa_pch name)
  stoa_one_pch(${name} ${CMAKE_SOURCE_DIR}/cmake/pch/code.h ${ARGN})
  if(STOA_TESTS)
    stoa_one_pch(${name}_test ${CMAKE_SOURCE_DIR}/cmake/pch/test.h ${ARGN})
    target_compile_options(stoa_pch_${name}_test PRIVATE ${STOA_TEST_OPTIONS})
  endif()
endfunction()

function(stoa_one_pch name first)
  add_library(stoa_pch_${name} STATIC ${CMAKE_SOURCE_DIR}/cmake/pch/pch.cpp)
  target_include_directories(stoa_pch_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(stoa_pch_${name} PRIVATE stoa_proto stoa_third_fmt stoa_warnings)
  set(headers ${first})
  foreach(header IN LISTS ARGN)
    list(APPEND headers ${CMAKE_SOURCE_DIR}/src/${header})
  endforeach()
  target_precompile_headers(stoa_pch_${name} PRIVATE ${headers})
endfunction()
