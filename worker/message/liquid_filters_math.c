/* Filters on numbers. Whole numbers stay whole; with a fraction the result is
 * rounded to 15 digits, so that 10.1 and 2.2 make 12.3. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "liquid_filter.h"

#define WHOLE_MAX INT64_C(1000000000000000000)

typedef bool whole_fn(int64_t a, int64_t b, int64_t *ret);
typedef double real_fn(double a, double b);

static bool fits(int64_t whole)
{
    return whole > -WHOLE_MAX && whole < WHOLE_MAX;
}

static bool add_whole(int64_t a, int64_t b, int64_t *ret)
{
    *ret = a + b; /* both are below WHOLE_MAX, so this cannot overflow */
    return fits(*ret);
}

static bool subtract_whole(int64_t a, int64_t b, int64_t *ret)
{
    *ret = a - b;
    return fits(*ret);
}

static bool multiply_whole(int64_t a, int64_t b, int64_t *ret)
{
    if (a != 0 && llabs(b) >= WHOLE_MAX / llabs(a)) {
        return false;
    }
    *ret = a * b;
    return true;
}

/* Rounded down, also below zero. */
static bool divide_whole(int64_t a, int64_t b, int64_t *ret)
{
    if (b == 0) {
        return false;
    }
    *ret = a / b - (a % b != 0 && (a < 0) != (b < 0));
    return true;
}

/* The sign of the divisor. */
static bool modulo_whole(int64_t a, int64_t b, int64_t *ret)
{
    if (b == 0) {
        return false;
    }
    *ret = a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0);
    return true;
}

static double add_real(double a, double b)
{
    return a + b;
}

static double subtract_real(double a, double b)
{
    return a - b;
}

static double multiply_real(double a, double b)
{
    return a * b;
}

static double divide_real(double a, double b)
{
    return b == 0 ? NAN : a / b;
}

static double modulo_real(double a, double b)
{
    return b == 0 ? NAN : a - b * floor(a / b);
}

static double round_digits(double real)
{
    char text[40];

    (void)snprintf(text, sizeof text, "%.15g", real);
    return strtod(text, NULL);
}

static enum fup_code calculate(struct fup_lq_call *call,
                               whole_fn *whole,
                               real_fn *real,
                               struct fup_lq_value *ret)
{
    struct fup_lq_value a = fup_lq_number(&call->in);
    struct fup_lq_value b = fup_lq_number(&call->args[0]);
    int64_t result;
    double number;

    if (a.type == LQ_INT && b.type == LQ_INT) {
        if (!fits(a.as.integer) || !fits(b.as.integer) ||
            !whole(a.as.integer, b.as.integer, &result)) {
            return fup_lq_call_fail(
                call, "divides by zero or makes too large a number");
        }
        *ret = fup_lq_int(result);
        return FUP_OK;
    }
    number = round_digits(real(fup_lq_real(&a), fup_lq_real(&b)));
    if (!isfinite(number)) {
        return fup_lq_call_fail(call,
                                "divides by zero or makes too large a number");
    }
    *ret = fup_lq_float(number);
    return FUP_OK;
}

static enum fup_code apply_plus(struct fup_lq_call *call,
                                struct fup_lq_value *ret)
{
    return calculate(call, add_whole, add_real, ret);
}

static enum fup_code apply_minus(struct fup_lq_call *call,
                                 struct fup_lq_value *ret)
{
    return calculate(call, subtract_whole, subtract_real, ret);
}

static enum fup_code apply_times(struct fup_lq_call *call,
                                 struct fup_lq_value *ret)
{
    return calculate(call, multiply_whole, multiply_real, ret);
}

static enum fup_code apply_divided_by(struct fup_lq_call *call,
                                      struct fup_lq_value *ret)
{
    return calculate(call, divide_whole, divide_real, ret);
}

static enum fup_code apply_modulo(struct fup_lq_call *call,
                                  struct fup_lq_value *ret)
{
    return calculate(call, modulo_whole, modulo_real, ret);
}

static enum fup_code apply_at_least(struct fup_lq_call *call,
                                    struct fup_lq_value *ret)
{
    struct fup_lq_value a = fup_lq_number(&call->in);
    struct fup_lq_value b = fup_lq_number(&call->args[0]);

    *ret = fup_lq_real(&b) > fup_lq_real(&a) ? b : a;
    return FUP_OK;
}

static enum fup_code apply_at_most(struct fup_lq_call *call,
                                   struct fup_lq_value *ret)
{
    struct fup_lq_value a = fup_lq_number(&call->in);
    struct fup_lq_value b = fup_lq_number(&call->args[0]);

    *ret = fup_lq_real(&b) < fup_lq_real(&a) ? b : a;
    return FUP_OK;
}

static enum fup_code apply_abs(struct fup_lq_call *call,
                               struct fup_lq_value *ret)
{
    struct fup_lq_value number = fup_lq_number(&call->in);

    *ret = number.type == LQ_INT ? fup_lq_int(llabs(number.as.integer))
                                 : fup_lq_float(fabs(number.as.real));
    return FUP_OK;
}

/* @real, which is whole, as a whole number. */
static enum fup_code
to_whole(struct fup_lq_call *call, double real, struct fup_lq_value *ret)
{
    if (!(fabs(real) < (double)WHOLE_MAX)) {
        return fup_lq_call_fail(call, "makes too large a number");
    }
    *ret = fup_lq_int((int64_t)real);
    return FUP_OK;
}

static enum fup_code apply_ceil(struct fup_lq_call *call,
                                struct fup_lq_value *ret)
{
    struct fup_lq_value number = fup_lq_number(&call->in);

    if (number.type == LQ_INT) {
        *ret = number;
        return FUP_OK;
    }
    return to_whole(call, ceil(number.as.real), ret);
}

static enum fup_code apply_floor(struct fup_lq_call *call,
                                 struct fup_lq_value *ret)
{
    struct fup_lq_value number = fup_lq_number(&call->in);

    if (number.type == LQ_INT) {
        *ret = number;
        return FUP_OK;
    }
    return to_whole(call, floor(number.as.real), ret);
}

static enum fup_code apply_round(struct fup_lq_call *call,
                                 struct fup_lq_value *ret)
{
    struct fup_lq_value number = fup_lq_number(&call->in);
    struct fup_lq_value digits = fup_lq_call_arg(call, 0, fup_lq_int(0));
    double real = fup_lq_real(&number);
    double scale;

    digits = fup_lq_number(&digits);
    scale = pow(10.0, fmax(-18.0, fmin(15.0, trunc(fup_lq_real(&digits)))));
    if (number.type == LQ_INT && scale >= 1.0) {
        *ret = number;
        return FUP_OK;
    }
    real = round(real * scale) / scale;
    if (scale > 1.0 && isfinite(real)) {
        *ret = fup_lq_float(round_digits(real));
        return FUP_OK;
    }
    return to_whole(call, real, ret);
}

const struct fup_lq_filter fup_lq_filters_math[] = {
    {"abs", apply_abs, 0, 0},
    {"at_least", apply_at_least, 1, 1},
    {"at_most", apply_at_most, 1, 1},
    {"ceil", apply_ceil, 0, 0},
    {"divided_by", apply_divided_by, 1, 1},
    {"floor", apply_floor, 0, 0},
    {"minus", apply_minus, 1, 1},
    {"modulo", apply_modulo, 1, 1},
    {"plus", apply_plus, 1, 1},
    {"round", apply_round, 0, 1},
    {"times", apply_times, 1, 1},
    {NULL, NULL, 0, 0},
};
