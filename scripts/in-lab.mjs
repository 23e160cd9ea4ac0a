#!/usr/bin/env node
// Runs a command inside private mount, network and process namespaces: `node scripts/in-lab.mjs <command…>`.
//
// Nothing of the run outlives it, however it ends: the kernel ends every process of the namespace with its first one, and
// network namespaces, mounts and files go with them. The first process (this file again, with --inside) also ends when
// the outer one disappears, which it sees as the end of file on descriptor 3. The same descriptor carries signals: the
// command gets each exactly once, because it does not share a process group with the terminal.
//
// Plain JavaScript, no dependency: it also runs on Node 20.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const GRACE_AFTER_SIGNAL_MS = 30_000;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];
const ENDING = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);
const DATA_FOLDER = '/run/picluster';

const self = fileURLToPath(import.meta.url);
const repository = path.dirname(path.dirname(self));

/** Prints why nothing was run, and ends. */
function refuse(message) {
  process.stderr.write(`in-lab: ${message}\n`);
  process.exit(1);
}

/** The environment of the command: the repository's own Node first, the folders of ip, nft and conntrack last. */
function environment(extra) {
  const folders = [
    path.join(repository, 'node_modules', '.bin'),
    ...(process.env.PATH ?? '').split(':'),
  ];
  for (const folder of ['/usr/local/sbin', '/usr/sbin', '/sbin'])
    if (!folders.includes(folder)) folders.push(folder);
  return { ...process.env, PATH: [...new Set(folders.filter(Boolean))].join(':'), ...extra };
}

/** The exit code a shell gives: the command's own, or 128 + the signal that ended it. */
function exitCode(code, signal) {
  return code ?? 128 + (constants.signals[signal] ?? 0);
}

/** Starts the command with our standard streams. The caller decides which signals reach it. */
function start(command, env) {
  const child = spawn(command[0], command.slice(1), { stdio: 'inherit', env });
  child.on('error', (error) => refuse(`${command[0]} cannot be run: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(exitCode(code, signal)));
  return child;
}

/** Already in a lab: just the command. */
function runHere(command) {
  const child = start(command, environment({}));
  for (const name of FORWARDED) process.on(name, () => child.kill(name));
}

const UNSHARE = ['--mount', '--net', '--pid', '--fork', '--kill-child=SIGKILL'];
const AS_ROOT_OF_OWN = ['--user', '--map-root-user'];

/** The flags for `unshare` that this user is allowed, or undefined and why not. */
function allowedFlags() {
  const attempts =
    process.getuid() === 0
      ? [UNSHARE, [...AS_ROOT_OF_OWN, ...UNSHARE]]
      : [[...AS_ROOT_OF_OWN, ...UNSHARE]];
  let reason = '';
  for (const flags of attempts) {
    const trial = spawnSync('unshare', [...flags, 'mount', '-t', 'tmpfs', 'tmpfs', '/run'], {
      encoding: 'utf8',
    });
    if (trial.error?.code === 'ENOENT')
      return { reason: '`unshare` is missing: install the package util-linux' };
    if (trial.status === 0) return { flags };
    reason = (trial.stderr ?? '').trim() || `exit code ${trial.status}`;
  }
  return { reason };
}

function whyNot(reason) {
  return process.getuid() === 0
    ? `this root may not make namespaces (${reason}).\n` +
        'In a container, give it the rights: docker run --privileged, or --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined.'
    : `namespaces need root here (${reason}).\n` +
        'Run it as root (sudo), or allow user namespaces: sysctl user.max_user_namespaces=15000,\n' +
        'on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0, on older Debian kernel.unprivileged_userns_clone=1.';
}

/** Outside: makes the namespaces, forwards signals, passes the exit code on. */
function runOutside(command) {
  if (process.platform !== 'linux')
    refuse(`network namespaces are Linux's; this is ${process.platform}.`);
  const { flags, reason } = allowedFlags();
  if (flags === undefined) refuse(whyNot(reason));
  const unprivileged = flags.includes('--user') ? '1' : '';
  const child = spawn('unshare', [...flags, process.execPath, self, '--inside', ...command], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    detached: true,
    env: environment({ PICLUSTER_LAB_UNPRIVILEGED: unprivileged }),
  });
  const signals = child.stdio[3];
  signals.on('error', () => {}); // The inner end closes first when the command is over.
  for (const name of FORWARDED) process.on(name, () => signals.write(`${name}\n`));
  child.on('error', (error) => refuse(`unshare cannot be run: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(exitCode(code, signal)));
}

/** One set-up step inside the namespaces. */
function must(program, args) {
  const result = spawnSync(program, args, { encoding: 'utf8' });
  if (result.error?.code === 'ENOENT')
    refuse(`\`${program}\` is missing: install iproute2 and mount (util-linux)`);
  if (result.status !== 0)
    refuse(
      `${program} ${args.join(' ')}: ${(result.stderr || result.error?.message || '').trim()}`,
    );
}

/** Inside, as process 1: private /proc, /run, /sys and data folder, loopback up; then the command. */
function runInside(command) {
  // /proc still shows the outer process numbers: the one that `nsenter --target` needs.
  const outerPid = readlinkSync('/proc/self');
  must('mount', ['-t', 'proc', 'proc', '/proc']);
  must('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', '/run']);
  // /sys describes the network namespace it was mounted in. Where it may not be mounted, `ip netns exec` says so too.
  spawnSync('mount', ['-t', 'sysfs', 'sysfs', '/sys']);
  must('ip', ['link', 'set', 'lo', 'up']);
  mkdirSync(DATA_FOLDER, { recursive: true, mode: 0o755 });
  const child = start(
    command,
    environment({
      PICLUSTER_LAB: '1',
      PICLUSTER_LAB_PID: outerPid,
      PICLUSTER_LAB_DATA: DATA_FOLDER,
      TMPDIR: DATA_FOLDER,
    }),
  );
  for (const name of FORWARDED) process.on(name, () => child.kill(name));
  // A socket, not a file stream: a blocked read of a file would keep process.exit waiting.
  const outer = new Socket({ fd: 3, readable: true, writable: false });
  outer.setEncoding('utf8');
  outer.on('data', (names) => {
    for (const name of names.split('\n').filter((each) => FORWARDED.includes(each))) {
      child.kill(name);
      if (ENDING.has(name))
        setTimeout(() => process.exit(exitCode(null, name)), GRACE_AFTER_SIGNAL_MS).unref();
    }
  });
  outer.on('error', () => process.exit(1));
  outer.on('end', () => process.exit(1));
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--inside') runInside(rest);
else if (first === undefined || first === '--help') {
  process.stdout.write(
    'usage: node scripts/in-lab.mjs <command…>\nRuns it in private network, mount and process namespaces.\n',
  );
  process.exit(first === undefined ? 2 : 0);
} else if (process.env.PICLUSTER_LAB === '1') runHere([first, ...rest]);
else runOutside([first, ...rest]);
