# One folder below src/ is one static library:
#
#   stoa_library(model DEPS base proto THIRD fmt [PCH proto])
#
# declares stoa_model from every *.cpp here but *_test.cpp, links the named folders and third-party libraries, and,
# with STOA_TESTS, makes
#   - model_test from every *_test.cpp,
#   - model_link, a program that holds the whole library and links nothing but what is declared here: a use of a
#     folder that is not declared fails to link.
# PCH names a folder whose precompiled header is shared (see stoa_pch).
function(stoa_library name)
  cmake_parse_arguments(ARG "" "PCH" "DEPS;THIRD;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  foreach(excluded IN LISTS ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${excluded}")
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
  if(ARG_PCH)
    target_precompile_headers(stoa_${name} REUSE_FROM stoa_pch_${ARG_PCH})
  endif()

  if(NOT STOA_TESTS)
    return()
  endif()
  add_executable(${name}_link ${CMAKE_SOURCE_DIR}/cmake/link_test.cpp)
  target_link_libraries(${name}_link PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,stoa_${name}>)
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE stoa_${name} stoa_warnings stoa_third_gtest)
    if(ARG_PCH)
      target_precompile_headers(${name}_test REUSE_FROM stoa_pch_${ARG_PCH})
      # A precompiled header fits one kind of relocatable code only; libraries have PIC, executables would have PIE.
      target_compile_options(${name}_test PRIVATE -fPIC)
    endif()
    gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 120 LABELS unit)
  endif()
endfunction()
