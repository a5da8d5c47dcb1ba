// Exists so that CMake has a translation unit to build pch.h with.
