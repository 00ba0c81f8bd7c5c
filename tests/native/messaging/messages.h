/* The methods of messages and attachments beyond what they have in common. */

#ifndef MESSAGING_MESSAGES_H
#define MESSAGING_MESSAGES_H

#include "objects.h"

static const IMessageVtbl message_methods;
static const IAttachVtbl attachment_methods;

static int message_prepare(Object *self) {
    const Property *mask = property_find(self->content.properties, PR_STORE_SUPPORT_MASK);
    ULONG attributes = mask ? mask->attributes : PROPATTR_MANDATORY | PROPATTR_READABLE;
    int unicode =
        (self->services->unicode && !PLANTED(mask_without_unicode)) || PLANTED(mask_always_unicode);
    for (const Part *each = self->content.parts; each; each = each->next)
        self->next_number = each->number + 1;
    return number_put(self->services->heap, &self->content.properties, PR_STORE_SUPPORT_MASK,
                      unicode ? STORE_UNICODE_OK : 0, attributes);
}

/* --- attachments --- */

static SCODE attachment_build(Object *self, ULONG number, const Part *from, int writable,
                              IAttach **out) {
    IMalloc *heap = self->services->heap;
    Object *made =
        object_new(ATTACHMENT, &attachment_methods, self->services, self, number, writable);
    if (!made || !object_settle_in(made)) return MAPI_E_NOT_ENOUGH_MEMORY;
    if (from) {
        made->part.properties = properties_copy(heap, from->properties);
        if (from->embedded) made->part.embedded = content_copy(heap, from->embedded);
    }
    number_put(heap, &made->part.properties, PR_ATTACH_NUM, number, PROPATTR_READABLE);
    *out = (IAttach *)made;
    return S_OK;
}

static HRESULT CALL message_create_attachment(Object *self, const IID *iid, ULONG flags,
                                              ULONG *number, IAttach **out) {
    SCODE code;
    (void)iid;
    if (!usable(self)) return MAPI_E_INVALID_OBJECT;
    if (!number || !out) return MAPI_E_INVALID_PARAMETER;
    if (flags & ~MAPI_DEFERRED_ERRORS) return MAPI_E_UNKNOWN_FLAGS;
    if (!self->writable) return MAPI_E_NO_ACCESS;
    code = attachment_build(self, self->next_number, NULL, 1, out);
    if (code != S_OK) return code;
    *number = self->next_number++;
    return PLANTED(attachment_saved_at_once) ? object_store((Object *)*out) : S_OK;
}

static HRESULT CALL message_open_attachment(Object *self, ULONG number, const IID *iid, ULONG flags,
                                            IAttach **out) {
    const Part *part = usable(self) ? part_find(&self->content, number) : NULL;
    (void)iid;
    if (!usable(self)) return MAPI_E_INVALID_OBJECT;
    if (!out) return MAPI_E_INVALID_PARAMETER;
    if (flags & ~(MAPI_MODIFY | MAPI_BEST_ACCESS | MAPI_DEFERRED_ERRORS))
        return MAPI_E_UNKNOWN_FLAGS;
    if (!part || !part->saved) return MAPI_E_NOT_FOUND;
    for (Object *open = self->first_part; open; open = open->next_part)
        if (open->number == number && !PLANTED(attachment_opened_anew)) {
            ++open->references;
            *out = (IAttach *)open;
            return S_OK;
        }
    return attachment_build(self, number, part,
                            self->writable && flags & (MAPI_MODIFY | MAPI_BEST_ACCESS), out);
}

static HRESULT CALL message_delete_attachment(Object *self, ULONG number, ULONG_PTR window,
                                              void *progress, ULONG flags) {
    Part **link;
    (void)window, (void)progress;
    if (!usable(self)) return MAPI_E_INVALID_OBJECT;
    if (flags & ~ATTACH_DIALOG || (flags && PLANTED(delete_minds_dialog)))
        return MAPI_E_UNKNOWN_FLAGS;
    if (!self->writable) return MAPI_E_NO_ACCESS;
    link = part_place(&self->content, number);
    if (!*link || (*link)->number != number) return MAPI_E_NOT_FOUND;
    Part *gone = *link;
    *link = gone->next;
    part_free(self->services->heap, gone);
    for (Object *open = self->first_part; open; open = open->next_part)
        if (open->number == number) open->deleted = 1;
    return S_OK;
}

/* OpenProperty of an attachment: only the message embedded in it. */
static HRESULT CALL object_open_property(Object *self, ULONG tag, const IID *iid, ULONG options,
                                         ULONG flags, IUnknown **out) {
    IMalloc *heap = self->services->heap;
    Object *made;
    (void)options;
    if (!usable(self)) return MAPI_E_INVALID_OBJECT;
    if (!out || !iid) return MAPI_E_INVALID_PARAMETER;
    if (self->kind != ATTACHMENT || tag != PR_ATTACH_DATA_OBJ || !iid_is(iid, 0x00020307))
        return MAPI_E_INTERFACE_NOT_SUPPORTED;
    if (self->first_part) {
        ++self->first_part->references;
        *out = (IUnknown *)self->first_part;
        return S_OK;
    }
    if (flags & MAPI_CREATE && !self->writable) return MAPI_E_NO_ACCESS;
    if (!(flags & MAPI_CREATE) && !self->part.embedded) return MAPI_E_NOT_FOUND;
    made = object_new(EMBEDDED, &message_methods, self->services, self, 0, self->writable);
    if (!made || !object_settle_in(made)) return MAPI_E_NOT_ENOUGH_MEMORY;
    if (flags & MAPI_CREATE) {
        if (self->part.embedded) content_free(heap, self->part.embedded);
        else self->part.embedded = get(heap, sizeof(Content));
        number_put(heap, &self->part.properties, PR_ATTACH_METHOD, ATTACH_EMBEDDED_MSG,
                   PROPATTR_READABLE | PROPATTR_WRITEABLE);
    } else {
        Content *copy = content_copy(heap, self->part.embedded);
        if (copy) made->content = *copy;
        give(heap, copy);
    }
    message_prepare(made);
    *out = (IUnknown *)made;
    return S_OK;
}

/* --- recipients --- */

static Row *row_from(Object *self, const ADRENTRY *entry, SCODE *code) {
    IMalloc *heap = self->services->heap;
    Row *made = get(heap, sizeof *made);
    for (ULONG i = 0; made && *code == S_OK && i < entry->cValues; ++i) {
        ULONG tag = entry->rgPropVals[i].ulPropTag;
        Property *property =
            is_expressible(tag) ? property_from(heap, &entry->rgPropVals[i]) : NULL;
        *code = property ? unstorable(self, tag, property) : MAPI_E_NOT_ENOUGH_MEMORY;
        if (*code == S_OK) property_put(heap, &made->properties, property);
        else if (property) property_free(heap, property);
    }
    if (!made) *code = MAPI_E_NOT_ENOUGH_MEMORY;
    return made;
}

static HRESULT CALL message_modify_recipients(Object *self, ULONG flags, ADRLIST *rows) {
    IMalloc *heap = self->services->heap;
    Row *fresh = NULL, **link = &fresh;
    SCODE code = S_OK;
    ULONG id = 0;
    if (!usable(self)) return MAPI_E_INVALID_OBJECT;
    if (flags != 0 && flags != MODRECIP_ADD)
        return flags & ~0xEu ? MAPI_E_UNKNOWN_FLAGS : MAPI_E_NO_SUPPORT;
    if (!self->writable) return MAPI_E_NO_ACCESS;
    for (Row *each = self->content.rows; flags && each; each = each->next) id = each->id + 1;
    for (ULONG i = 0; rows && code == S_OK && i < rows->cEntries; ++i) {
        if (!(*link = row_from(self, &rows->aEntries[i], &code))) break;
        (*link)->id = number_of(property_find((*link)->properties, PR_ROWID), id++);
        link = &(*link)->next;
    }
    if (code != S_OK) return rows_free(heap, &fresh), code;
    if (!flags) rows_free(heap, &self->content.rows);
    link = &self->content.rows;
    while (*link) link = &(*link)->next;
    *link = fresh;
    return S_OK;
}

static HRESULT CALL message_submit(Object *self, ULONG flags) {
    (void)flags;
    if (PLANTED(submit_succeeds)) return S_OK;
    return object_no_support(self);
}

static HRESULT CALL object_ids_from_names(Object *self, ULONG count, MAPINAMEID **names,
                                          ULONG flags, SPropTagArray **out) {
    Services *services = self->services;
    HRESULT code = S_OK;
    void *block;
    if (!usable(self)) return MAPI_E_INVALID_OBJECT;
    if (!names || !out) return MAPI_E_INVALID_PARAMETER;
    if (services->routines.allocate(4 + 4 * (count + 1), &block) != S_OK)
        return MAPI_E_NOT_ENOUGH_MEMORY;
    *out = block;
    (*out)->cValues = count;
    for (ULONG i = 0; i < count; ++i) {
        ULONG id = name_id(services->heap, &services->names, names[i],
                           flags & MAPI_CREATE && self->writable);
        (*out)->aulPropTag[i] = id ? PROP_TAG(PT_UNSPECIFIED, id) : PT_ERROR;
        if (!id) code = MAPI_W_ERRORS_RETURNED;
    }
    return code;
}

#define COMMON                                                                                     \
    (void *)object_query, (void *)object_add_ref, (void *)object_release,                          \
        (void *)object_no_support, (void *)object_save, (void *)object_get_props,                  \
        (void *)object_no_support, (void *)object_open_property, (void *)object_set_props,         \
        (void *)object_delete_props, (void *)object_no_support, (void *)object_no_support,         \
        (void *)object_no_support, (void *)object_ids_from_names

static const IMessageVtbl message_methods = {COMMON,
                                             (void *)object_no_support,
                                             (void *)message_open_attachment,
                                             (void *)message_create_attachment,
                                             (void *)message_delete_attachment,
                                             (void *)object_no_support,
                                             (void *)message_modify_recipients,
                                             (void *)message_submit,
                                             (void *)object_no_support};

static const IAttachVtbl attachment_methods = {COMMON};

#endif
