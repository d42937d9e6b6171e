/* Calls of functions that a core offers besides libretro's, whose types are only known when the
   program runs.

   A calling convention says in which registers arguments go by their class, so a few function
   types stand for all: the classes used here are integers or pointers, and floating point. */
#ifndef PYLIBRETRO_PROCEDURE_H
#define PYLIBRETRO_PROCEDURE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { PROCEDURE_ARGUMENTS = 6 };

enum procedure_result { PROCEDURE_INTEGER, PROCEDURE_FLOAT, PROCEDURE_DOUBLE };

struct procedure_call {
    void *address;
    /* integers extended to 64 bits; of a double its bits, of a float its bits in the low half */
    uint64_t arguments[PROCEDURE_ARGUMENTS];
    bool is_float[PROCEDURE_ARGUMENTS];
    unsigned count;
    int result_kind; /* enum procedure_result */
    uint64_t result; /* as an argument; an integer's upper bits mean nothing */
};

/* False on processors for which only integers and pointers can be passed and returned. */
bool procedure_takes_floats(void);
void procedure_invoke(struct procedure_call *call);

#ifdef __cplusplus
}
#endif
#endif
