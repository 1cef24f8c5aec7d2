#pragma once
#include <gumbo.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Memory of one parse. Gumbo frees a tree by recursion, which overflows the stack on deep trees, and asks for memory
// without looking at the answer. So a tree lives in chunks that are freed at once, and a parse that wants more than its
// budget is left by a jump: all its memory is here, so nothing leaks. Gumbo is C without global state, and no frame of
// Swift stands between the jump and its target.
struct tramline_arena {
    char *at, *end;
    void *chunks;       // the newest; its first word points to the one before
    char *newest;       // the newest allocation, which can be given back
    size_t used, budget, next_chunk;
    jmp_buf exhausted;
};

static void *tramline_arena_take(void *user, size_t size) {
    struct tramline_arena *arena = (struct tramline_arena *)user;
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(arena->end - arena->at) < size) {
        size_t chunk = size + 16 > arena->next_chunk ? size + 16 : arena->next_chunk;
        if (arena->used + chunk > arena->budget) longjmp(arena->exhausted, 1);
        char *memory = (char *)malloc(chunk);
        if (!memory) longjmp(arena->exhausted, 1);
        *(void **)memory = arena->chunks;
        arena->chunks = memory;
        arena->used += chunk;
        arena->at = memory + 16;
        arena->end = memory + chunk;
        if (arena->next_chunk < ((size_t)1 << 20)) arena->next_chunk *= 2;
    }
    arena->newest = arena->at;
    arena->at += size;
    return arena->newest;
}

static void tramline_arena_give_back(void *user, void *memory) {
    struct tramline_arena *arena = (struct tramline_arena *)user;
    if (memory && memory == arena->newest) {
        arena->at = arena->newest;
        arena->newest = NULL;
    }
}

static inline void tramline_arena_free(struct tramline_arena *arena) {
    void *chunk = arena->chunks;
    while (chunk) {
        void *before = *(void **)chunk;
        free(chunk);
        chunk = before;
    }
    arena->chunks = NULL;
}

// Parses a page into an arena. Returns its root element, or NULL when the budget did not do; the arena is to be freed
// either way. The bytes must outlive the tree.
static __attribute__((noinline)) const GumboNode *tramline_parse(
    struct tramline_arena *arena, const char *html, size_t length, size_t budget) {
    memset(arena, 0, sizeof *arena);
    arena->budget = budget;
    arena->next_chunk = 32 * 1024;
    GumboOptions options = kGumboDefaultOptions;
    options.allocator = tramline_arena_take;
    options.deallocator = tramline_arena_give_back;
    options.userdata = arena;
    options.max_errors = 0;  // anything else is quadratic
    options.stop_on_first_error = false;
    if (setjmp(arena->exhausted)) return NULL;
    return gumbo_parse_with_options(&options, html, length)->root;
}

// Readers: Swift would copy the whole union for each field.
static inline bool tramline_is_element(const GumboNode *node) { return node->type == GUMBO_NODE_ELEMENT; }
static inline bool tramline_is_text(const GumboNode *node) {
    return node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE || node->type == GUMBO_NODE_CDATA;
}
static inline const char *tramline_text(const GumboNode *node) { return node->v.text.text; }
static inline GumboTag tramline_tag(const GumboNode *node) { return node->v.element.tag; }
static inline GumboNamespaceEnum tramline_namespace(const GumboNode *node) { return node->v.element.tag_namespace; }
static inline uint32_t tramline_child_count(const GumboNode *node) { return node->v.element.children.length; }
static inline const GumboNode *tramline_child(const GumboNode *node, uint32_t at) {
    return (const GumboNode *)node->v.element.children.data[at];
}
static inline const GumboNode *tramline_parent(const GumboNode *node) { return node->parent; }
static inline size_t tramline_index(const GumboNode *node) { return node->index_within_parent; }
static inline uint32_t tramline_attribute_count(const GumboNode *node) { return node->v.element.attributes.length; }
static inline const GumboAttribute *tramline_attribute_at(const GumboNode *node, uint32_t at) {
    return (const GumboAttribute *)node->v.element.attributes.data[at];
}
// The value of an attribute, or NULL.
static inline const char *tramline_attribute(const GumboNode *node, const char *name) {
    const GumboVector *all = &node->v.element.attributes;
    for (unsigned at = 0; at < all->length; at++) {
        const GumboAttribute *attribute = (const GumboAttribute *)all->data[at];
        if (!strcmp(attribute->name, name)) return attribute->value;
    }
    return NULL;
}
// The name as it was written, for elements that the parser has no number for: a piece of the source.
static inline GumboStringPiece tramline_source_name(const GumboNode *node) {
    GumboStringPiece piece = node->v.element.original_tag;
    if (piece.data && piece.length) gumbo_tag_from_original_text(&piece);
    return piece;
}
// Gumbo still makes the words of the old <isindex>, which no browser shows.
static inline bool tramline_is_invented(const GumboNode *node) {
    return (node->parse_flags & GUMBO_INSERTION_FROM_ISINDEX) != 0;
}
// A C string's length, without asking a C library of Swift.
static inline size_t tramline_length(const char *text) { return strlen(text); }
