/* The content of a compound file: storages with their elements, and streams with their bytes. */

#ifndef MAPI_CONFORMANCE_TREE_H
#define MAPI_CONFORMANCE_TREE_H

#include "platform.h"

enum { NAME_ROOM = 32 }; /* 31 characters and a NUL, as compound files have it */

typedef struct Node {
    WCHAR name[NAME_ROOM];
    int is_storage, references;
    int removed; /* no longer part of the tree, though somebody still holds it open */
    unsigned char *bytes;
    size_t length, room;
    CLSID clsid;
    DWORD state_bits;
    struct Node *first, *next; /* elements, in the order of compound files */
} Node;

static void *checked(void *memory) {
    if (!memory) abort();
    return memory;
}

static Node *node_new(int is_storage) {
    Node *node = checked(calloc(1, sizeof *node));
    node->is_storage = is_storage;
    node->references = 1;
    return node;
}

static void node_release(Node *node) {
    if (--node->references) return;
    while (node->first) {
        Node *child = node->first;
        node->first = child->next;
        child->removed = 1;
        node_release(child);
    }
    free(node->bytes);
    free(node);
}

static WCHAR unit_upper(WCHAR unit) { return unit >= 'a' && unit <= 'z' ? unit - 32 : unit; }

/* Names are ordered by length, then by upper-case units. */
static int name_order(const WCHAR *one, const WCHAR *other) {
    size_t length = 0, size = 0, i = 0;
    while (one[length]) ++length;
    while (other[size]) ++size;
    if (length != size) return length < size ? -1 : 1;
    while (i < length && unit_upper(one[i]) == unit_upper(other[i])) ++i;
    return i == length ? 0 : unit_upper(one[i]) < unit_upper(other[i]) ? -1 : 1;
}

static int name_is_sound(const WCHAR *name) {
    size_t length = 0;
    if (!name) return 0;
    for (; name[length]; ++length)
        if (length == NAME_ROOM - 1 || name[length] == '/' || name[length] == '\\' ||
            name[length] == ':' || name[length] == '!')
            return 0;
    return length > 0;
}

/* Where the link to an element is, or would be. */
static Node **node_place(Node *parent, const WCHAR *name) {
    Node **link = &parent->first;
    while (*link && name_order((*link)->name, name) < 0) link = &(*link)->next;
    return link;
}

static Node *node_find(Node *parent, const WCHAR *name) {
    Node *found = *node_place(parent, name);
    return found && name_order(found->name, name) == 0 ? found : NULL;
}

static Node *node_add(Node *parent, const WCHAR *name, Node *child) {
    Node **link = node_place(parent, name);
    for (size_t i = 0; (child->name[i] = name[i]) != 0; ++i) continue;
    child->next = *link;
    return *link = child;
}

/* Takes an element out of its storage; the caller gets the storage's reference. */
static Node *node_take(Node *parent, const WCHAR *name) {
    Node **link = node_place(parent, name), *found = *link;
    *link = found->next;
    found->next = NULL;
    return found;
}

static void node_remove(Node *parent, const WCHAR *name) {
    Node *gone = node_take(parent, name);
    gone->removed = 1;
    node_release(gone);
}

static void node_resize(Node *node, size_t length) {
    if (length > node->room) {
        node->room = 2 * length + 64;
        node->bytes = checked(realloc(node->bytes, node->room));
    }
    if (length > node->length) memset(node->bytes + node->length, 0, length - node->length);
    node->length = length;
}

static void node_write(Node *node, size_t at, const void *bytes, size_t length) {
    if (at + length > node->length) node_resize(node, at + length);
    if (length) memcpy(node->bytes + at, bytes, length);
}

static Node *node_copy(const Node *from);

/* Makes one storage or stream the like of another. */
static void node_assign(Node *to, const Node *from) {
    while (to->first) node_remove(to, to->first->name);
    for (const Node *child = from->first; child; child = child->next)
        node_add(to, child->name, node_copy(child));
    to->clsid = from->clsid;
    to->state_bits = from->state_bits;
    node_resize(to, 0);
    node_write(to, 0, from->bytes, from->length);
}

static Node *node_copy(const Node *from) {
    Node *to = node_new(from->is_storage);
    memcpy(to->name, from->name, sizeof to->name);
    node_assign(to, from);
    return to;
}

#endif
