/* --- properties --- */

static inline void property(const SPropValue *property) {
    const char *letter;
    add("; 0x%08X ", (unsigned)property->ulPropTag);
    switch (property->ulPropTag & 0xFFFF) {
    case 0x0003: add("is %u", (unsigned)property->Value.ul); break;
    case 0x000B: add(property->Value.b ? "is true" : "is false"); break;
    case 0x001E:
        add("is ");
        for (letter = property->Value.lpszA; *letter; ++letter) add("%02X", (BYTE)*letter);
        break;
    case 0x001F:
        add("is ");
        for (LPWSTR wide = property->Value.lpszW; *wide; ++wide) add("%04X", (unsigned)*wide);
        break;
    case 0x0102:
        add("is ");
        for (ULONG i = 0; i < property->Value.bin.cb; ++i) add("%02X", property->Value.bin.lpb[i]);
        break;
    case 0x000A: add("is absent"); break;
    default: add("is there");
    }
}
static inline void properties(HRESULT code, ULONG count, const SPropValue *values) {
    if (code < 0 || (uintptr_t)values == UNTOUCHED || !values) return;
    for (ULONG i = 0; i < count; ++i)
        if ((values[i].ulPropTag & 0xFFFF) != 0x000A) property(&values[i]);
}
static inline void problems(const SPropProblemArray *array) {
    if ((uintptr_t)array == UNTOUCHED || !array) return;
    for (ULONG i = 0; i < array->cProblem; ++i)
        add("; problem 0x%08X at %u", (unsigned)array->aProblem[i].scode,
            (unsigned)array->aProblem[i].ulIndex);
}
