// Linked with one whole library and only the libraries which that one declares; see stoa_library.cmake.
int main() { return 0; }
