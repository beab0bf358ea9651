// SPDX-License-Identifier: GPL-2.0
// Signals of the executive by handler (paper 2.3): they come that way and no other, and a guest can
// neither forge one, nor keep one from coming, nor learn from one of the executive.  CHECK@handler
// runs any other check so, too.
#include "tests/hijack/guest/delivery.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace osext::test {
namespace {

constexpr std::uint64_t kNoSuchCall = static_cast<std::uint64_t>(-ENOSYS);
const HijackOptions often_by_hook{"policy=interpose quantum_us=500 delivery=hook"};

const RegisterCheck which("delivery", [] {
  Loaded module;
  int status = status_of_guest(
      [] {
        await_interrupts(20);
        const std::uint64_t upcalls = count(OSEXT_HIJACK_COUNT_UPCALLS);
        const std::uint64_t delivered = count(OSEXT_HIJACK_COUNT_DELIVERED);
        require(delivered >= upcalls, "{} of {} by handler", delivered, upcalls);
        require(count(OSEXT_HIJACK_COUNT_FORGED) == 0, "genuine ones were refused");
        return 0;
      },
      often_by_handler);
  require(status == 0, "by handler: the guest {}", describe_status(status));
  status = status_of_guest(
      [] {
        await_interrupts(20);
        return count(OSEXT_HIJACK_COUNT_DELIVERED) == 0 ? 0 : 1;
      },
      often_by_hook);
  require(status == 0, "by hook: the guest {}", describe_status(status));
});

// Signals that interrupt the executive: it makes a call for its guest all the time, and is told by
// another process.  They are seen before the guest runs again, and leave nothing in its memory.
const RegisterCheck own("delivery_to_executive", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive, often_by_handler);
  const pid_t executive = session.executive_pid();
  const int status = status_of_child([&] {
    const pid_t sender = fork();
    if (sender == 0)
      for (;;) kill(executive, SIGALRM);
    session.join();
    std::uint64_t interrupted = 0;
    for (int i = 0; i < 200000 && interrupted < 50; ++i) {
      for (int call = 0; call < 20; ++call) syscall(SYS_getppid);
      interrupted = count(OSEXT_HIJACK_COUNT_OWN_SIGNALS);
      const auto* stack = reinterpret_cast<const std::uint64_t*>(OSEXT_HIJACK_ALTERNATE);
      for (std::size_t word = 0; word < OSEXT_HIJACK_SIGNAL_STACK_BYTES / 8; ++word)
        require(stack[word] - OSEXT_EXECUTIVE_BASE >= OSEXT_HIJACK_REGION_MAX_BYTES ||
                    stack[word] == OSEXT_EXECUTIVE_BASE ||
                    // The return address that the kernel puts under every frame.
                    stack[word] - OSEXT_EXECUTIVE_BASE < 0x10000,
                "the guest finds an address of the executive's, {:#x}", stack[word]);
    }
    session.leave();
    kill(sender, SIGKILL);
    waitpid(sender, nullptr, 0);
    require(interrupted >= 50, "the executive was interrupted {} times", interrupted);
    return 0;
  });
  session.stop();
  require(status == 0, "the guest {}", describe_status(status));
});

const RegisterCheck forged("delivery_forged", [] {
  Loaded module;
  const int status = status_of_guest(
      [] {
        siginfo_t info{};
        info.si_signo = SIGTERM;
        ucontext_t context{};
        context.uc_mcontext.gregs[REG_RIP] = 0x1234;
        for (int i = 0; i < 2000; ++i) {
          std::uint64_t result = OSEXT_HIJACK_OP_NOTIFY;
          asm volatile("syscall"
                       : "+a"(result)
                       : "D"(SIGTERM), "S"(&info), "d"(&context)
                       : "rcx", "r11", "memory");
          require(result == kNoSuchCall, "NOTIFY answers {:#x}", result);
        }
        require(count(OSEXT_HIJACK_COUNT_FORGED) == 2000, "{} of 2000 were found out",
                count(OSEXT_HIJACK_COUNT_FORGED));
        await_interrupts(5);
        return 0;
      },
      often_by_handler);
  require(status == 0, "the guest {}", describe_status(status));
  // Into the handler itself: it goes on where only the executive may.
  HijackSession session;
  session.start(place.executive, often_by_handler);
  const int jumped = status_of_child([&] {
    session.join();
    asm volatile("jmp *%0" ::"r"(OSEXT_HIJACK_HANDLER), "D"(SIGTERM), "S"(0), "d"(0));
    return 0;
  });
  require(WIFSIGNALED(jumped) && WTERMSIG(jumped) == SIGKILL, "the guest that jumps {}",
          describe_status(jumped));
  const int after = status_of_child([&] {
    session.join();
    await_interrupts(3);
    session.leave();
    return 0;
  });
  require(after == 0, "the guest after it {}", describe_status(after));
  session.stop();
});

// Stack pointers on which a signal's frame has no place.
void spin_with_stack(std::uint64_t stack) {
  asm volatile(
      "movq %%rsp, %%rbx\n\tmovq %0, %%rsp\n\tmovq $4000000, %%rcx\n"
      "1:\tdecq %%rcx\n\tjnz 1b\n\tmovq %%rbx, %%rsp" ::"r"(stack)
      : "rbx", "rcx", "memory");
}

const RegisterCheck stacks("delivery_stacks", [] {
  Loaded module;
  const int status = status_of_guest(
      [] {
        // Ours to say nothing about: those of the thread that runs us are the executive's.
        sigset_t all;
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, nullptr);
        const stack_t none{nullptr, SS_DISABLE, 0};
        sigaltstack(&none, nullptr);
        auto* stack = reinterpret_cast<std::uint8_t*>(OSEXT_HIJACK_ALTERNATE);
        for (const unsigned long long at :
             {0ULL, 64ULL, OSEXT_HIJACK_ALTERNATE + 16, OSEXT_HIJACK_ALTERNATE + 512,
              OSEXT_HIJACK_ALTERNATE + OSEXT_HIJACK_SIGNAL_STACK_BYTES, OSEXT_EXECUTIVE_BASE + 4096,
              OSEXT_EXECUTIVE_BASE + 64, OSEXT_HIJACK_HANDLER + 64, ~7ULL, 1ULL << 63,
              0xffff888000000000ULL}) {
          std::memset(stack, static_cast<int>(dice()), OSEXT_HIJACK_SIGNAL_STACK_BYTES);
          const std::uint64_t before = count(OSEXT_HIJACK_COUNT_DELIVERED);
          for (int i = 0; i < 200 && count(OSEXT_HIJACK_COUNT_DELIVERED) < before + 3; ++i)
            spin_with_stack(at);
          require(count(OSEXT_HIJACK_COUNT_DELIVERED) >= before + 3, "no signals with rsp {:#x}",
                  at);
        }
        return 0;
      },
      often_by_handler);
  require(status == 0, "the guest {}", describe_status(status));
});

// General and vector registers survive, whatever is scribbled on the stack in between.
const RegisterCheck scribbled("delivery_scribbled", [] {
  Loaded module;
  const int status = status_of_guest(
      [] {
        auto* stack = reinterpret_cast<std::uint8_t*>(OSEXT_HIJACK_ALTERNATE);
        const std::uint64_t before = count(OSEXT_HIJACK_COUNT_DELIVERED);
        for (int i = 0; i < 3000 && count(OSEXT_HIJACK_COUNT_DELIVERED) < before + 30; ++i) {
          for (std::size_t byte = 0; byte < OSEXT_HIJACK_SIGNAL_STACK_BYTES; byte += 8)
            *reinterpret_cast<std::uint64_t*>(stack + byte) = dice();
          std::uint64_t value = dice(), vector = 0, general = 0;
          std::uint32_t control = 0, rounding = 0x7f80;  // towards zero, denormals flushed not
          asm volatile(
              "movq %[value], %%xmm7\n\tmovq %[value], %%r15\n\tldmxcsr %[rounding]\n\t"
              "movq $300000, %%rcx\n"
              "1:\tdecq %%rcx\n\tjnz 1b\n\t"
              "movq %%xmm7, %[vector]\n\tmovq %%r15, %[general]\n\tstmxcsr %[control]"
              : [vector] "=&r"(vector), [general] "=&r"(general), [control] "+m"(control)
              : [value] "r"(value), [rounding] "m"(rounding)
              : "rcx", "r15", "xmm7", "memory");
          require(vector == value && general == value && control == rounding,
                  "xmm7 {:#x}, r15 {:#x} instead of {:#x}, mxcsr {:#x}", vector, general, value,
                  control);
        }
        require(count(OSEXT_HIJACK_COUNT_DELIVERED) >= before + 30, "too few signals");
        return 0;
      },
      often_by_handler);
  require(status == 0, "the guest {}", describe_status(status));
});

// A guest that forbids itself all ordinary memory, when a signal comes: it dies,
// alone.
const RegisterCheck unfit("delivery_unfit", [] {
  Loaded module;
  HijackSession session;
  session.start(place.executive, often_by_handler);
  const int locked = status_of_child([&] {
    session.join();
    asm volatile("wrpkru\n1:\tjmp 1b" ::"a"(3), "c"(0), "d"(0));
    return 0;
  });
  require(WIFSIGNALED(locked), "locked: the guest {}", describe_status(locked));
  const int status = status_of_child([&] {
    session.join();
    await_interrupts(3);
    session.leave();
    return 0;
  });
  require(status == 0, "afterwards a guest {}", describe_status(status));
  session.stop();
});

// A shell with pipes and a subshell, under the policies that need signals.
const RegisterCheck pipeline("shell_pipeline", [] {
  Loaded module;
  for (const char* words : {"bound=yes quantum_us=500", "bound=yes policy=nanosleep quantum_us=500",
                            "bound=yes policy=nanosleep_extended", "bound=yes policy=edf,trace"}) {
    int pipes[2];
    require(pipe(pipes) == 0, "pipe failed");
    HijackOptions options{words};
    options.output = open("/dev/null", O_WRONLY);
    HijackSession session;
    session.start(place.executive, options);
    const pid_t shell = fork();
    if (shell == 0) {
      osext_hijack_join join{};
      dup2(pipes[1], 1);
      dup2(options.output, 2);
      close(pipes[0]);
      close(pipes[1]);
      if (ioctl(session.device(), OSEXT_HIJACK_JOIN, &join) != 0) _exit(98);
      execl("/bin/busybox", "busybox", "sh", "-c",
            "(i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i; done) | /bin/busybox sort -rn |"
            " /bin/busybox head -n 2; /bin/busybox sleep 0.01; echo $(echo sub | /bin/busybox cat);"
            " /bin/busybox sh -c 'kill -TERM $$'; echo $?",
            static_cast<char*>(nullptr));
      _exit(97);
    }
    close(pipes[1]);
    std::string said;
    char buffer[256];
    for (ssize_t bytes; (bytes = ::read(pipes[0], buffer, sizeof buffer)) > 0;)
      said.append(buffer, static_cast<std::size_t>(bytes));
    close(pipes[0]);
    int status;
    require(waitpid(shell, &status, 0) == shell && status == 0, "with {} the shell {}", words,
            describe_status(status));
    require(said == "400\n399\nsub\n143\n", "with {} it says '{}'", words, said);
    session.stop();
    close(options.output);
  }
});

// Not together.
const RegisterCheck by_page("delivery_refused", [] {
  Loaded module("flush=invlpg");
  osext::HijackSession session;
  try {
    session.start(place.executive, often_by_handler);
  } catch (const std::runtime_error&) {
    require_working_session();
    return;
  }
  throw std::runtime_error("flush=invlpg and delivery by handler start");
});

}  // namespace
}  // namespace osext::test
