import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Lease, createLease } from '../../src/state/redis/replicas.ts';

const LEASE_MS = 2_000;

let time: number;
let lease: Lease;
beforeEach(() => {
  time = 5_000;
  lease = createLease(LEASE_MS, () => time);
});

function hold(): void {
  lease.confirm(lease.ask());
}

describe('a lease', () => {
  test('is not held before the first sign has come back', () => {
    expect(lease.isHeld()).toBe(false);
    const id = lease.ask();
    expect(lease.isHeld()).toBe(false);
    lease.confirm(id);
    expect(lease.isHeld()).toBe(true);
  });

  test('lasts from when its sign was asked for, not from when that came back', () => {
    const id = lease.ask();
    time += 1_500;
    lease.confirm(id);
    time += 499;
    expect(lease.isHeld()).toBe(true);
    time += 1;
    expect(lease.isHeld()).toBe(false);
  });

  test('is not had by a sign that took longer than it lasts', () => {
    const id = lease.ask();
    time += LEASE_MS;
    lease.confirm(id);
    expect(lease.isHeld()).toBe(false);
  });

  test('is not had by a sign that nobody asked for, nor by one that came before', () => {
    lease.confirm('foreign');
    expect(lease.isHeld()).toBe(false);
    const id = lease.ask();
    lease.confirm(id);
    time += LEASE_MS;
    lease.confirm(id);
    expect(lease.isHeld()).toBe(false);
  });

  test('once lost is not had again by a sign that was under way', () => {
    const id = lease.ask();
    hold();
    lease.lose();
    lease.confirm(id);
    expect(lease.isHeld()).toBe(false);
    hold();
    expect(lease.isHeld()).toBe(true);
  });

  test('is had by the latest of many signs of which none came back', () => {
    for (let sign = 0; sign < 1_000; sign++) lease.ask();
    hold();
    expect(lease.isHeld()).toBe(true);
  });
});

describe('its epoch', () => {
  test('stays while signs come back in time', () => {
    hold();
    const epoch = lease.epoch();
    for (let sign = 0; sign < 10; sign++) {
      time += LEASE_MS - 1;
      hold();
      expect(lease.epoch()).toBe(epoch);
    }
  });

  test('changes when the lease runs out, and again when it is had again', () => {
    hold();
    const held = lease.epoch();
    time += LEASE_MS;
    const lost = lease.epoch();
    expect(lost).toBeGreaterThan(held);
    expect(lease.epoch()).toBe(lost);
    hold();
    expect(lease.epoch()).toBeGreaterThan(lost);
  });

  test('has changed though nobody looked while the lease had run out', () => {
    hold();
    const before = lease.epoch();
    time += LEASE_MS;
    hold();
    expect(lease.epoch()).toBeGreaterThan(before);
  });

  test('has changed though the lease was lost and had again in the same moment', () => {
    hold();
    const before = lease.epoch();
    lease.lose();
    hold();
    expect(lease.epoch()).toBeGreaterThan(before);
  });

  test('of a lease that is not held stays when it is lost once more', () => {
    lease.lose();
    const before = lease.epoch();
    lease.lose();
    expect(lease.epoch()).toBe(before);
  });
});
