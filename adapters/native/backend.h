/* The compound files behind the storages that the host lends: the system's own where it has any,
 * and a tree in memory elsewhere.
 *
 * Both offer: backend_create (from the bytes of a file, or empty), backend_copy (of what is
 * committed), backend_open (an IStorage in a mode), backend_bytes (a compound file of what is
 * committed), backend_drop. */

#ifndef MAPI_CONFORMANCE_BACKEND_H
#define MAPI_CONFORMANCE_BACKEND_H

#include "encoded.h"

/* Storages are marked as the caller has to mark them: with the class of mail messages. */
static const CLSID clsid_mail_message = MAPI_IID(0x00020D0B);

#ifdef _WIN32
#include "backend_ole.h"
#else
#include "backend_tree.h"
#endif

#endif
