// SPDX-License-Identifier: GPL-2.0
/*
 * What a program may call.  An abort gives up the run where it is, so nothing that is
 * called may leave something behind that only the program would have ended: references,
 * locks, reserved memory.  Nor may another program take over (tail calls), which the
 * abort would not recognize.  The verifier has bound every call to an address: these are
 * compared, with the module's own functions, and by name with those of the kernel.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/kallsyms.h>

#include "kmod.h"

/* They hold nothing when they return; of those that call back, bpf_loop() holds nothing at all. */
static const char *const harmless[] = {
	"bpf_loop",
	"bpf_ktime_get_ns", "bpf_ktime_get_boot_ns", "bpf_jiffies64", "bpf_get_smp_processor_id",
	"bpf_user_rnd_u32",
	"bpf_map_lookup_elem", "bpf_map_update_elem", "bpf_map_delete_elem",
	"array_map_lookup_elem", "array_map_update_elem", "array_map_delete_elem",
	"percpu_array_map_lookup_elem",
	"__htab_map_lookup_elem", "htab_map_lookup_elem", "htab_map_update_elem", "htab_map_delete_elem",
};

static bool is_harmless(unsigned long address)
{
	char symbol[KSYM_SYMBOL_LEN];
	u32 i;

	sprint_symbol(symbol, address);
	for (i = 0; i < ARRAY_SIZE(harmless); i++) {
		size_t length = strlen(harmless[i]);

		if (!strncmp(symbol, harmless[i], length) && !strncmp(symbol + length, "+0x0/", 5))
			return true;
	}
	return false;
}

static bool is_own_function(const struct bpf_prog *program, unsigned long address)
{
	u32 i;

	for (i = 0; i < program->aux->func_cnt; i++)
		if ((unsigned long)program->aux->func[i]->bpf_func == address)
			return true;
	return false;
}

static int refuse(const struct bpf_prog *program, u32 instruction, unsigned long address)
{
	if (address)
		pr_info("osext_safex: %s refused: its instruction %u calls %ps, which is not on the list\n",
			program->aux->name, instruction, (void *)address);
	else
		pr_info("osext_safex: %s refused: its instruction %u goes on in another program\n",
			program->aux->name, instruction);
	return -EACCES;
}

static int check_function(const struct bpf_prog *program, const struct bpf_prog *function)
{
	u32 i;

	for (i = 0; i < function->len; i++) {
		const struct bpf_insn *insn = &function->insnsi[i];
		unsigned long address;

		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW)) {
			i++;	/* the next one is its second half */
			continue;
		}
		if (insn->code == (BPF_JMP | BPF_TAIL_CALL))
			return refuse(program, i, 0);
		if (insn->code != (BPF_JMP | BPF_CALL))
			continue;
		address = (unsigned long)__bpf_call_base + insn->imm;
		if (insn->src_reg == BPF_PSEUDO_CALL ? is_own_function(program, address) :
		    insn->src_reg == BPF_PSEUDO_KFUNC_CALL ? safex_is_kfunc(address) : is_harmless(address))
			continue;
		return refuse(program, i, address);
	}
	return 0;
}

int safex_check_program(const struct bpf_prog *program)
{
	int error = 0;
	u32 i;

	if (!safex_is_on(SAFEX_LIST))
		return 0;
	if (!program->aux->func_cnt)
		return check_function(program, program);
	for (i = 0; i < program->aux->func_cnt && !error; i++)
		error = check_function(program, program->aux->func[i]);
	return error;
}
