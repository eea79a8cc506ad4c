// The least that a program can cost from spawn to exit; the shims are measured against it.
int main() {}
