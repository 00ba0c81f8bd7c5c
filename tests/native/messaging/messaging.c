/* A small implementation of message sessions and of Simple MAPI in C. It behaves as the documents
 * ask, unless the variable MAPI_FAULT plants one of the faults that faults.h lists.
 *
 * Readings taken: IMSG-OPEN-05 A, -06 A, -12 B, MSG-10 A, CLOSE-05 to -07 A, CLOSE-09 A, REL-05 A;
 * SIMPLE-LOGON-05 A, -08 A, LOGOFF-03 A, -06 A, -08 A, -09 A, CALL-05 A. */

#include "simple.h"
