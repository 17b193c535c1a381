/* What the runtime shim becomes where only the shim is measured. */
int main(void) { return 0; }
