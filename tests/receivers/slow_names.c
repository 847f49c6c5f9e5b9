/* A resolver that takes SLOW_SECONDS for names that end in .slow: for LD_PRELOAD. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int resolver(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    size_t length = node ? strlen(node) : 0;
    if (length > 5 && strcmp(node + length - 5, ".slow") == 0)
        sleep(atoi(getenv("SLOW_SECONDS")));
    return ((resolver *)dlsym(RTLD_NEXT, "getaddrinfo"))(node, service, hints, found);
}
