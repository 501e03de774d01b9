/**
 * registry-answers.mjs SECONDS: exit status 0 when Docker Hub's registry answers from here in time.
 * Runs on the machine's own node.
 */
try {
  // 401 is its usual answer: it is there, and wants a token for more.
  const { status } = await fetch('https://registry-1.docker.io/v2/', {
    signal: AbortSignal.timeout(Number(process.argv[2]) * 1000),
  });
  process.exitCode = status === 200 || status === 401 ? 0 : 1;
} catch {
  process.exitCode = 1;
}
