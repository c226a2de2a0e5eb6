interface RunResults {
  testResults: readonly {
    testFilePath: string;
    testResults: readonly { fullName: string; duration?: number | null }[];
  }[];
}

const SHOWN = 10;

/** A reporter of Jest that prints the slowest tests. */
export default class SlowestTests {
  onRunComplete(_contexts: unknown, { testResults }: RunResults): void {
    const tests = testResults.flatMap(({ testFilePath, testResults: own }) =>
      own.map(({ fullName, duration }) => ({ fullName, testFilePath, ms: duration ?? 0 })),
    );
    const slowest = tests.sort((a, b) => b.ms - a.ms).slice(0, SHOWN);
    console.log(`The slowest ${slowest.length} tests:`);
    for (const { fullName, testFilePath, ms } of slowest) {
      const file = testFilePath.replace(/^.*\/test\//, 'test/');
      console.log(`${(ms / 1_000).toFixed(1).padStart(6)} s  ${file}: ${fullName}`);
    }
  }
}
