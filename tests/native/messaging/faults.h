/* The faults that can be planted, one at a time, by naming it in the variable MAPI_FAULT.
 *
 * Each line is: FAULT(name, the requirement that the suite must report, what is wrong). Those
 * without a requirement are looked for by tests of their own. */

#ifndef MESSAGING_FAULTS_H
#define MESSAGING_FAULTS_H

#include <stdlib.h>
#include <string.h>

#define FAULTS                                                                                     \
    FAULT(open_hands_back_nothing, "IMSG-OPEN-01", "S_OK, and no session")                         \
    FAULT(open_takes_null_allocator, "IMSG-OPEN-02", "falls back to an allocator of its own")      \
    FAULT(open_writes_through_null, "IMSG-OPEN-03", "crashes where the out pointer is NULL")       \
    FAULT(open_ignores_flags, "IMSG-OPEN-04", "no flag is looked at")                              \
    FAULT(open_flags_code, "IMSG-OPEN-05", "another code for invalid flags")                       \
    FAULT(open_without_memory, "IMSG-OPEN-08", "S_OK where there was no memory")                   \
    FAULT(open_holds_no_allocator, "IMSG-OPEN-10", "no reference to the allocator")                \
    FAULT(open_overruns_block, "IMSG-OPEN-01", "memory behind a block is written")                 \
    FAULT(open_one_session_for_all, "IMSG-OPEN-11", "the same session each time")                  \
    FAULT(build_refuses, "IMSG-MSG-01", "no message on a sound storage")                           \
    FAULT(build_needs_session, "IMSG-MSG-03", "NULL is refused as session")                        \
    FAULT(build_on_write_only, "IMSG-MSG-04", "takes a storage that cannot be read")               \
    FAULT(build_needs_transactions, "IMSG-MSG-05", "read-only storages have to be transacted")     \
    FAULT(mask_without_unicode, "IMSG-MSG-07", "a Unicode message does not say so")                \
    FAULT(mask_always_unicode, "IMSG-MSG-08", "an ANSI message says that it is Unicode")           \
    FAULT(build_ignores_flags, "IMSG-MSG-09", "no flag is looked at")                              \
    FAULT(build_without_routines, "IMSG-MSG-12", "takes NULL for the buffer routines")             \
    FAULT(props_of_own_heap, "IMSG-MSG-13", "hands out memory that the caller cannot free")        \
    FAULT(delete_minds_dialog, "IMSG-MSG-14", "refuses the dialog flag")                           \
    FAULT(submit_succeeds, "IMSG-MSG-15", "S_OK, and the mail is gone")                            \
    FAULT(attachment_opened_anew, "IMSG-MSG-16", "a second object for an open attachment")         \
    FAULT(message_holds_no_storage, "IMSG-MSG-17", "no reference to the storage")                  \
    FAULT(mask_can_be_set, "IMSG-MSG-18", "a computed property is overwritten")                    \
    FAULT(save_without_commit, "IMSG-SAVE-01", "nothing is committed")                             \
    FAULT(save_always_commits, "IMSG-SAVE-02", "the flag that forbids it is ignored")              \
    FAULT(save_under_other_names, "IMSG-SAVE-03", "storages without two underscores")              \
    FAULT(save_clears_storage, "IMSG-SAVE-03", "elements of the caller are destroyed")             \
    FAULT(saves_at_close, "IMSG-SAVE-04", "closing saves what was not saved")                      \
    FAULT(attachment_saved_at_once, "IMSG-SAVE-05", "an attachment needs no save of its own")      \
    FAULT(close_leaves_messages, "IMSG-CLOSE-01", "messages of the session stay open")             \
    FAULT(close_leaves_parts, "IMSG-CLOSE-02", "messages with open attachments stay open")         \
    FAULT(close_closes_all, "IMSG-CLOSE-04", "messages of other sessions are closed too")          \
    FAULT(release_then_close, "IMSG-CLOSE-08", "the close ends a released message again")          \
    FAULT(close_leaks_block, "IMSG-CLOSE-10", "a block is left with each session")                 \
    FAULT(close_leaks_reference, "IMSG-CLOSE-10", "the allocator is never released")               \
    FAULT(close_reads_freed_session, "IMSG-CLOSE-01", "memory is read after it was freed")         \
    FAULT(callback_never, "IMSG-REL-01", "no release callback")                                    \
    FAULT(callback_twice, "IMSG-REL-01", "two release callbacks")                                  \
    FAULT(callback_each_release, "IMSG-REL-01", "a callback for every Release")                    \
    FAULT(callback_data, "IMSG-REL-02", "other caller data in the callback")                       \
    FAULT(callback_message, "IMSG-REL-02", "another message in the callback")                      \
    FAULT(storage_after_callback, "IMSG-REL-03", "the storage is released after the callback")     \
    FAULT(callback_for_parts, "IMSG-REL-04", "a callback for each attachment")                     \
    FAULT(attributes_shifted, "IMSG-ATTR-01", "attributes one place too far")                      \
    FAULT(file_counts, "MSGF-TOP-04", "counts of recipients and attachments are left at zero")     \
    FAULT(file_decimal_names, "MSGF-RCP-01", "recipients numbered in decimal")                     \
    FAULT(file_string_size, "MSGF-PROP-02", "the size of a string without its NUL")                \
    FAULT(file_padding, "MSGF-PROP-03", "unused bytes are not zero")                               \
    FAULT(file_attributes_ignored, "MSGF-PROP-04", "a property that is not writeable is written")  \
    FAULT(file_name_bucket, "MSGF-NAME-01", "names in a stream where nobody looks")                \
    FAULT(file_loses_booleans, "MSGF-RT-01", "a type of property is not read back")                \
    FAULT(logon_handle_zero, "SIMPLE-LOGON-01", "0, and the handle 0")                             \
    FAULT(logon_evicts, "SIMPLE-LOGON-03", "the oldest session makes room")                        \
    FAULT(logon_never_finds, "SIMPLE-LOGON-04", "the probe never finds a session")                 \
    FAULT(logon_same_handle, "SIMPLE-LOGON-07", "one handle for all logons of a session")          \
    FAULT(logon_writes_through_null, "SIMPLE-LOGON-08", "crashes where the out pointer is NULL")   \
    FAULT(logon_scode, "SIMPLE-LOGON-10", "an SCODE instead of a number")                          \
    FAULT(logoff_keeps_session, "SIMPLE-LOGOFF-02", "0, and the session goes on")                  \
    FAULT(logoff_fails, "SIMPLE-LOGOFF-01", "a good handle is refused")                            \
    FAULT(logoff_takes_zero, "SIMPLE-LOGOFF-03", "zero ends the latest session")                   \
    FAULT(logoff_takes_any, "SIMPLE-LOGOFF-04", "0 for a handle never given out")                  \
    FAULT(logoff_ignores_flags, "SIMPLE-LOGOFF-05", "no flag is looked at")                        \
    FAULT(logoff_minds_window, "SIMPLE-LOGOFF-11", "an unknown window is refused")                 \
    FAULT(find_takes_zero, "SIMPLE-CALL-01", "finds messages without a session")                   \
    FAULT(read_takes_dead_handle, "SIMPLE-CALL-02", "reads through a handle that is logged off")   \
    FAULT(send_takes_dead_handle, "SIMPLE-CALL-05", "sends through a handle that is logged off")   \
    FAULT(logoff_frees_buffers, "SIMPLE-MEM-01", "buffers go with the session")                    \
    FAULT(free_minds_null, "SIMPLE-MEM-02", "an error for NULL")                                   \
    FAULT(convert_simple_codes, "SIMPLE-CONV-01", "Simple MAPI codes instead of SCODEs")           \
    FAULT(close_frees_twice, "", "a second close frees the session again, which is left open")     \
    FAULT(slow_handles, "", "two threads can get the same handle")

#define FAULT(name, requirement, text) F_##name,
enum { F_none, FAULTS F_count };
#undef FAULT

static int planted_fault(void) {
    static int planted = -1;
    static const char *const names[] = {
#define FAULT(name, requirement, text) #name,
        FAULTS
#undef FAULT
    };
    const char *asked = getenv("MAPI_FAULT");
    if (planted < 0) {
        planted = F_none;
        for (int i = 0; asked && i + 1 < F_count; ++i)
            if (strcmp(names[i], asked) == 0) planted = i + 1;
    }
    return planted;
}

#define PLANTED(name) (planted_fault() == F_##name)

#endif
