/* Run a fuzz target over the files of a folder. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "fuzz.h"

#define INPUT_MAX (1 << 20)

static int replay(const char *folder, const char *name)
{
    char path[4096];
    uint8_t *input = malloc(INPUT_MAX);
    FILE *file;
    size_t n;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL || input == NULL) {
        perror(path);
        free(input);
        return 1;
    }
    n = fread(input, 1, INPUT_MAX, file);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(input, n);
    free(input);
    return 0;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    const struct dirent *entry;
    unsigned n = 0;
    int failed = 0;

    if (folder == NULL) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            failed |= replay(argv[1], entry->d_name);
            n++;
        }
    }
    (void)closedir(folder);
    (void)printf("%u inputs\n", n);
    return n == 0 || failed;
}
