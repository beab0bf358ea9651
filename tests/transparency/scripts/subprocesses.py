# SPDX-License-Identifier: GPL-2.0
"""A script with subprocesses, pipes, signals and sockets."""
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time

print(subprocess.run(["/bin/echo", "run"], capture_output=True, text=True).stdout, end="")
print(subprocess.check_output("echo in a shell; exit 0", shell=True))
print(subprocess.run("exit 7", shell=True).returncode)
sort = subprocess.Popen(["sort", "-n"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
out, _ = sort.communicate("\n".join(str(n * 7919 % 1009) for n in range(1000)))
print(out.split()[:5], out.split()[-1])
first = subprocess.Popen(["seq", "1", "50000"], stdout=subprocess.PIPE)
second = subprocess.Popen(["wc", "-l"], stdin=first.stdout, stdout=subprocess.PIPE)
first.stdout.close()
print(second.communicate()[0], first.wait())
try:
    subprocess.run(["sleep", "10"], timeout=0.1)
except subprocess.TimeoutExpired:
    print("timed out")
sleeper = subprocess.Popen(["sleep", "10"])
sleeper.send_signal(signal.SIGTERM)
print("returncode", sleeper.wait())
try:
    subprocess.run(["/no/such/program"])
except FileNotFoundError as missing:
    print(missing)
try:
    subprocess.run(["sh", "-c", "echo wrong >&2; exit 2"], check=True, stderr=subprocess.PIPE)
except subprocess.CalledProcessError as failed:
    print(failed.returncode, failed.stderr)
swarm = [subprocess.Popen(["sh", "-c", f"sleep 0.0{n}; exit {n}"]) for n in range(8)]
print([child.wait() for child in swarm])

caught = []
signal.signal(signal.SIGALRM, lambda number, frame: caught.append(number))
signal.setitimer(signal.ITIMER_REAL, 0.05)
while not caught:
    time.sleep(1)
print("caught", caught)

child = os.fork()
if child == 0:
    os._exit(11)
print("forked", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

left, right = socket.socketpair()
chooser = selectors.DefaultSelector()
chooser.register(right, selectors.EVENT_READ)
left.sendall(b"hello")
print([key.fileobj.recv(100) for key, _ in chooser.select(1)])

with tempfile.TemporaryDirectory(dir=".") as folder:
    path = os.path.join(folder, "file")
    with open(path, "w") as file:
        file.writelines(f"line {n}\n" for n in range(10000))
    print(sum(len(line) for line in open(path)), os.stat(path).st_size)
print(sorted(os.listdir(".")), file=sys.stderr)
print(sum(x * x for x in range(200000)))
sys.exit(21)
