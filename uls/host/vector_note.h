// SPDX-License-Identifier: GPL-2.0
// Which registers an object's instructions use, as the assembler notes it.
#pragma once

namespace osext {

class ElfFile;

// Throws UlsError unless the object notes that it uses general registers only: the others are
// those of the program that an upcall interrupts.
void check_vector_note(const ElfFile& elf);

}  // namespace osext
