/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The layout that the parts on both sides of a boundary rely on, written down a
 * second time: compiled as C, as C++ and inside a kernel module, so that a
 * change of a header, or a compiler that lays a structure out otherwise, fails.
 */
#ifndef TESTS_HOUSE_UAPI_LAYOUT_H
#define TESTS_HOUSE_UAPI_LAYOUT_H

#include <osext/counters.h>
#include <osext/cpu_service.h>
#include <osext/hijack.h>
#include <osext/marker.h>
#include <osext/nic.h>
#include <osext/raw_record.h>
#include <osext/shared_region.h>
#include <osext/safex.h>
#include <osext/safex_cpu.h>
#include <osext/uls.h>

#ifdef __cplusplus
#define LAYOUT_ASSERT(condition) static_assert(condition, #condition)
#else
#define LAYOUT_ASSERT(condition) _Static_assert(condition, #condition)
#endif
#define LAYOUT_SIZE(type, bytes) LAYOUT_ASSERT(sizeof(struct type) == (bytes))
#define LAYOUT_AT(type, member, offset) \
	LAYOUT_ASSERT(__builtin_offsetof(struct type, member) == (offset))

LAYOUT_SIZE(osext_counters, 256);
LAYOUT_AT(osext_counters, sequence, 0);
LAYOUT_AT(osext_counters, operation, 8);
LAYOUT_AT(osext_counters, instructions, 16);
LAYOUT_AT(osext_counters, syscalls, 48);
LAYOUT_AT(osext_counters, cr3_writes, 72);
LAYOUT_AT(osext_counters, itlb_misses, 104);
LAYOUT_AT(osext_counters, dtlb_misses, 136);
LAYOUT_AT(osext_counters, page_walks, 176);
LAYOUT_AT(osext_counters, watching, 192);

LAYOUT_SIZE(osext_region_header, 64);
LAYOUT_AT(osext_region_header, ring_used, 8);
LAYOUT_AT(osext_region_header, ring_lost, 16);
LAYOUT_SIZE(osext_command_file, 128);
LAYOUT_AT(osext_command_file, offset, 104);
LAYOUT_AT(osext_command_file, length, 112);
LAYOUT_AT(osext_command_file, mode, 120);
LAYOUT_AT(osext_command, finished, 8);
LAYOUT_AT(osext_command, exit_status, 16);
LAYOUT_AT(osext_command, file_count, 56);
LAYOUT_AT(osext_command, records, 64);
LAYOUT_AT(osext_command, arguments, 168);
LAYOUT_AT(osext_command, files, 168 + OSEXT_COMMAND_ARGUMENTS);
LAYOUT_ASSERT(OSEXT_REGION_RING + OSEXT_REGION_RING_ENTRIES * sizeof(struct osext_counters) <=
	      OSEXT_REGION_SIZE);
LAYOUT_ASSERT(OSEXT_REGION_FILES + OSEXT_REGION_FILES_SIZE <= OSEXT_REGION_OUTPUT);
LAYOUT_ASSERT(OSEXT_REGION_OUTPUT + OSEXT_REGION_OUTPUT_SIZE <= OSEXT_REGION_RING);

LAYOUT_SIZE(osext_raw_header, 16);
LAYOUT_AT(osext_raw_header, bytes, 8);
LAYOUT_SIZE(osext_raw_marked, 32);
LAYOUT_AT(osext_raw_marked, warmup, 24);
LAYOUT_SIZE(osext_raw_values, 24);

LAYOUT_SIZE(osext_hijack_shared, 104);
LAYOUT_AT(osext_hijack_shared, ip, 0);
LAYOUT_AT(osext_hijack_shared, flags, 8);
LAYOUT_AT(osext_hijack_shared, sp, 16);
LAYOUT_AT(osext_hijack_shared, ax, 24);
LAYOUT_AT(osext_hijack_shared, cx, 32);
LAYOUT_AT(osext_hijack_shared, r11, 40);
LAYOUT_AT(osext_hijack_shared, signal_number, 48);
LAYOUT_AT(osext_hijack_shared, signal_error, 80);
LAYOUT_AT(osext_hijack_shared, timer_began, 96);

LAYOUT_SIZE(osext_hijack_state, 4096);
LAYOUT_AT(osext_hijack_state, request, 120);
LAYOUT_AT(osext_hijack_state, family, 240);
LAYOUT_AT(osext_hijack_state, fpu, 256);
LAYOUT_SIZE(osext_hijack_call, 56);
LAYOUT_SIZE(osext_hijack_read, 32);
LAYOUT_SIZE(osext_hijack_statistics, 104);

LAYOUT_SIZE(osext_nic_stream, 24);
LAYOUT_AT(osext_nic_stream, rate_pps, 16);
LAYOUT_SIZE(osext_nic_plan, 16 + 24 * OSEXT_NIC_STREAMS);
LAYOUT_AT(osext_nic_plan, stream, 16);
LAYOUT_SIZE(osext_nic_counters, 16 + 32 * OSEXT_NIC_STREAMS);
LAYOUT_AT(osext_nic_counters, stream, 16);
LAYOUT_SIZE(osext_nic_payload, 16);

LAYOUT_SIZE(osext_safex_load, 840);
LAYOUT_AT(osext_safex_load, budget_ns, 8);
LAYOUT_AT(osext_safex_load, id, 36);
LAYOUT_AT(osext_safex_load, name, 40);
LAYOUT_AT(osext_safex_load, attributes, 72);
LAYOUT_AT(osext_safex_load, events, 584);
LAYOUT_SIZE(osext_safex_attribute, 64);
LAYOUT_AT(osext_safex_attribute, per_second, 36);
LAYOUT_AT(osext_safex_attribute, initial, 40);
LAYOUT_SIZE(osext_safex_create, 1328);
LAYOUT_AT(osext_safex_create, attributes, 48);
LAYOUT_AT(osext_safex_create, events, 1072);
LAYOUT_SIZE(osext_safex_grant, 16);
LAYOUT_SIZE(osext_safex_bind, 24);
LAYOUT_AT(osext_safex_bind, period_ns, 16);
LAYOUT_SIZE(osext_safex_value, 16);
LAYOUT_AT(osext_safex_value, value, 8);
LAYOUT_SIZE(osext_safex_raise, 64);
LAYOUT_AT(osext_safex_raise, answer, 24);
LAYOUT_AT(osext_safex_raise, runs, 32);
LAYOUT_AT(osext_safex_raise, begun, 40);
LAYOUT_SIZE(osext_safex_await, 24);
LAYOUT_AT(osext_safex_await, value, 16);
LAYOUT_SIZE(osext_safex_revoke, 8);
LAYOUT_SIZE(osext_safex_unload, 8);
LAYOUT_SIZE(osext_safex_statistics, 152);
LAYOUT_AT(osext_safex_statistics, name, 8);
LAYOUT_AT(osext_safex_statistics, budget_ns, 56);
LAYOUT_AT(osext_safex_statistics, runs, 80);
LAYOUT_AT(osext_safex_statistics, capabilities, 144);
LAYOUT_SIZE(osext_safex_describe, 824);
LAYOUT_AT(osext_safex_describe, attribute_count, 48);
LAYOUT_AT(osext_safex_describe, attributes, 56);
LAYOUT_AT(osext_safex_describe, events, 568);
LAYOUT_SIZE(osext_uls_record, 256);
LAYOUT_AT(osext_uls_record, value, 8);
LAYOUT_AT(osext_uls_record, pid, 24);
LAYOUT_AT(osext_uls_record, id, 32);
LAYOUT_AT(osext_uls_record, stamp, 40);
LAYOUT_AT(osext_uls_record, about, 48);
LAYOUT_SIZE(osext_uls_call, 80);
LAYOUT_AT(osext_uls_call, number, 16);
LAYOUT_AT(osext_uls_call, arguments, 32);
LAYOUT_SIZE(osext_uls_join, 16);
LAYOUT_SIZE(osext_uls_load, 72);
LAYOUT_AT(osext_uls_load, budget_ns, 16);
LAYOUT_AT(osext_uls_load, name, 24);
LAYOUT_AT(osext_uls_load, id, 56);
LAYOUT_AT(osext_uls_load, stack_end, 68);
LAYOUT_SIZE(osext_uls_copy, 24);
LAYOUT_AT(osext_uls_copy, memory, 16);
LAYOUT_SIZE(osext_uls_start, 16);
LAYOUT_SIZE(osext_uls_bind, 40);
LAYOUT_AT(osext_uls_bind, flags, 20);
LAYOUT_AT(osext_uls_bind, period_ns, 24);
LAYOUT_AT(osext_uls_bind, count, 32);
LAYOUT_SIZE(osext_uls_raise, 16);
LAYOUT_AT(osext_uls_record, answer, 248);
LAYOUT_SIZE(osext_uls_rpc, 16);
LAYOUT_AT(osext_uls_rpc, value, 8);
LAYOUT_SIZE(osext_uls_thread, 32);
LAYOUT_AT(osext_uls_thread, argument, 16);
LAYOUT_SIZE(osext_uls_thread_record, 64);
LAYOUT_AT(osext_uls_thread_record, argument, 16);
LAYOUT_SIZE(osext_uls_pass, 24);
LAYOUT_AT(osext_uls_pass, got, 20);
LAYOUT_SIZE(osext_uls_unload, 8);
LAYOUT_SIZE(osext_uls_grant, 8);
LAYOUT_SIZE(osext_uls_open, 8);
LAYOUT_SIZE(osext_cpu_pid, 24);
LAYOUT_SIZE(osext_cpu_history, 2056);
LAYOUT_SIZE(osext_cpu_task, 2128);
LAYOUT_SIZE(osext_uls_statistics, 128);
LAYOUT_AT(osext_uls_statistics, events, 8);
LAYOUT_AT(osext_uls_statistics, aborts, 56);
LAYOUT_AT(osext_uls_statistics, hosts, 96);
LAYOUT_AT(osext_uls_statistics, threads, 120);
LAYOUT_SIZE(osext_safex_cpu_admit, 32);
LAYOUT_AT(osext_safex_cpu_admit, period_ns, 16);
LAYOUT_SIZE(osext_safex_cpu_statistics, 128);
LAYOUT_AT(osext_safex_cpu_statistics, used_ns, 24);
LAYOUT_AT(osext_safex_cpu_statistics, trimmed, 112);
LAYOUT_AT(osext_safex_cpu_statistics, least_timeslice_ns, 120);
LAYOUT_SIZE(osext_safex_cpu_list, 2096);
LAYOUT_AT(osext_safex_cpu_list, samples, 16);
LAYOUT_AT(osext_safex_cpu_list, tasks, 48);

#endif
