/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The shared region: memory that the host, the counting plugin and the guest's
 * agent all see (an ivshmem device in the guest, a file on the host).  It
 * carries commands and files in, and output and counters out, because every
 * virtual device with interrupts of its own would make runs unrepeatable.
 *
 *   0        header        written by the host after a restore
 *   4 KiB    command       host -> agent, and the agent's answer
 *   1 MiB    files         host -> agent: the bytes of the files in the command
 *   48 MiB   output        agent -> host: records, console, kernel log
 *   64 MiB   counter ring  plugin -> host
 *   192 MiB  spare
 *
 * The host writes header and command while the machine is stopped, then lets
 * it run; the agent polls `submitted`.
 */
#ifndef OSEXT_SHARED_REGION_H
#define OSEXT_SHARED_REGION_H

#include <osext/counters.h>

#define OSEXT_REGION_SIZE (256ULL << 20)
#define OSEXT_REGION_MAGIC 0x314d48535458534fULL	/* "OSXTSHM1" */
#define OSEXT_REGION_HEADER 0ULL
#define OSEXT_REGION_COMMAND 4096ULL
#define OSEXT_REGION_FILES (1ULL << 20)
#define OSEXT_REGION_FILES_SIZE (47ULL << 20)
#define OSEXT_REGION_OUTPUT (48ULL << 20)
#define OSEXT_REGION_OUTPUT_SIZE (16ULL << 20)
#define OSEXT_REGION_RING (64ULL << 20)
#define OSEXT_REGION_RING_ENTRIES 524288ULL	/* 128 MiB of 256-byte entries */

struct osext_region_header {
	__u64 magic;
	__u64 ring_used;		/* entries the plugin has written */
	__u64 ring_lost;		/* markers that found the ring full */
	__u64 reserved[5];
};

#define OSEXT_COMMAND_FILES 48
#define OSEXT_COMMAND_ARGUMENTS 8192

struct osext_command_file {
	char path[104];			/* absolute, in the guest; its folder is made */
	__u64 offset;		/* from the start of the region */
	__u64 length;
	__u32 mode;
	__u32 reserved;
};

struct osext_command {
	__u64 submitted;		/* host: nonzero = run this; the agent polls it */
	__u64 finished;		/* agent: 1 when everything below is final */
	__u64 exit_status;	/* agent: as waitpid() reports it */
	/* agent: what it left at OSEXT_REGION_OUTPUT, one behind the other */
	__u64 records_length;	/* the file named by `records`, if there is one */
	__u64 console_length;	/* stdout and stderr of the command */
	__u64 kernel_log_length;
	__u64 flags;		/* reserved, 0 */
	__u64 file_count;
	char records[104];		/* path of the record file in the guest, or "" */
	char arguments[OSEXT_COMMAND_ARGUMENTS];	/* argv: strings, each ended by NUL; an empty one ends */
	struct osext_command_file files[OSEXT_COMMAND_FILES];
};

#ifdef __cplusplus
static_assert(sizeof(struct osext_region_header) == 64, "region header");
static_assert(sizeof(struct osext_command_file) == 128, "command file");
static_assert(sizeof(struct osext_command) < OSEXT_REGION_FILES - OSEXT_REGION_COMMAND, "command");
#else
_Static_assert(sizeof(struct osext_region_header) == 64, "region header");
_Static_assert(sizeof(struct osext_command_file) == 128, "command file");
_Static_assert(sizeof(struct osext_command) < OSEXT_REGION_FILES - OSEXT_REGION_COMMAND, "command");
#endif

#endif
