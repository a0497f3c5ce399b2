// Integer functions of stdlib.h in the driver's convention.

int abs(int value);
int abs(int value) { return value < 0 ? -value : value; }
