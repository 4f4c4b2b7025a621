import { describe, expect, it } from 'vitest';
import { cleanLabel, cleanLabels, cleanName, routeTemplate } from '../../src/adapters/browser/labels.js';

describe('routeTemplate', () => {
  it.each([
    ['https://user:pass@shop.example:8080/orders/8231/items?from=mail#top', '/orders/:id/items'],
    ['/', '/'],
    ['', '/'],
    ['/?q=secret', '/'],
    ['/#token', '/'],
    ['/v2/users/3f2a9c1e-7f1d-4c55-9a61-0d7d0a1c2b3e', '/v2/users/:id'],
    ['/u/anna@example.com/profile', '/u/:id/profile'],
    ['/u/anna%40example.com', '/u/:id'],
    ['/watch/dQw4w9WgXcQ', '/watch/:id'],
    ['/products/checkout-step2', '/products/checkout-step2'],
    ['/2026/11/21/a-day', '/:id/:id/:id/a-day'],
    ['/a-very-long-name-that-somebody-wrote-for-one-page', '/:id'],
    ['mailto:anna@example.com', ':id'],
    ['//shop.example/cart', '/cart'],
    ['//user@shop.example', '/'],
    ['/reset/dGVzdDE2Mw==', '/reset/:id'],
    ['/reset/Ab3-x9.Qz7~k2', '/reset/:id'],
    ['/t/a1b2.c3d4', '/t/:id'],
    ['/hosts/192.168.1.20/x', '/hosts/:id/x'],
    ['/s/;jsessionid=9F2', '/s/:id'],
    ['/u/831.json', '/u/:id'],
    ['/users/831,832', '/users/:id'],
    ['/u/id=83', '/u/:id'],
    ['/orders/12-34', '/orders/:id'],
    ['/o/+49-171-555', '/o/:id'],
    ['/u/\u0664\u0665\u0666', '/u/:id'],
    ['/u/\uff14\uff15', '/u/:id'],
    ['/v2/top-5/2fa/3d-models/v1.2.3/index.html', '/v2/top-5/2fa/3d-models/v1.2.3/index.html'],
    ['/a b/83 failed', '/a b/:id failed'],
    ['/%C3%BCber-uns/team', '/über-uns/team'],
    ['/%E6%97%A5%E6%9C%AC/hello%20world', '/日本/hello world'],
    ['/u/%38%33%31%32', '/u/:id'],
    ['/a%2Fx8312%3Ftoken', '/a/:id'],
    ['/50%25/%E0%A4%A', '/:id/:id'],
    ['/100%25', '/:id'],
  ])('%s becomes %s', (url, template) => {
    expect(routeTemplate(url)).toBe(template);
  });

  it('gives the same when it is applied again', () => {
    for (const url of [
      '/orders/8231/items',
      'https://x.example/a/b?c',
      '/u/anna@example.com',
      '/%C3%BC/%253F/a%3Fb',
    ]) {
      expect(routeTemplate(routeTemplate(url))).toBe(routeTemplate(url));
    }
  });
});

describe('cleanLabel', () => {
  it.each([
    ['GET', 'GET'],
    ['200', '200'],
    ['checkout', 'checkout'],
    ['20261121', ':id'],
    ['anna@example.com', ':id'],
    ['session-8f31c09a', ':id'],
    ['https://x.example/cart/77?token=1', '/cart/:id'],
    ['/cart/77', '/cart/:id'],
    ['a\u0000b\ud800', 'ab'],
    ['GET https://api.internal.example/users', 'GET https/users'],
    [' https://shop.example/cart', ' https/cart'],
    ['10.0.0.7', ':id'],
    ['token=abc12d', ':id'],
    ['1.12.3', '1.12.3'],
    ['4.5', '4.5'],
    ['GET https://x.example/users/831 failed', 'GET https/users/:id failed'],
    ['blob:https://x.example/list', 'https/list'],
    ['Failed to fetch https://a.example/x and http://b.example', 'Failed to fetch https/x and http'],
  ])('%j becomes %j', (value, cleaned) => {
    expect(cleanLabel(value)).toBe(cleaned);
  });
});

describe('cleanName', () => {
  it.each([
    ['lcp', 'lcp'],
    ['checkout.step-2?', 'checkout.step-2?'],
    ['orders/8231 #2', 'orders/8231 #2'],
    ['GET https://shop.example/orders/8231?from=mail', 'GET https/orders/:id'],
    ['//shop.example/cart', '/cart'],
    ['mail to anna@example.com', 'mail to :id'],
    ['a\u0000b', 'ab'],
  ])('%j becomes %j', (name, cleaned) => {
    expect(cleanName(name)).toBe(cleaned);
  });
});

describe('cleanLabels', () => {
  it('orders keys, and leaves out what the server keeps for itself', () => {
    const cleaned = cleanLabels({ b: '1', a: 'x', __tenant__: 'mine', '': 'none' }, cleanLabel);
    expect(Object.entries(cleaned)).toEqual([
      ['a', 'x'],
      ['b', '1'],
    ]);
  });

  it('keeps strings and their number within what an aggregator takes', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, 'x'.repeat(500)]));
    const cleaned = cleanLabels(many, (value) => value);
    expect(Object.keys(cleaned)).toHaveLength(16);
    expect(Math.max(...Object.values(cleaned).map((value) => value.length))).toBeLessThanOrEqual(100);
  });
});
