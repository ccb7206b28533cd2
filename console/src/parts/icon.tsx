// Line icons of our own, 20 by 20.

const PATHS: Record<string, string> = {
  pulse: 'M2 11h4l2.5-6 4 11 2.5-5h3',
  shelf: 'M3 3v14M17 3v14M3 8.5h14M3 16h14M6 8.5V5h4v3.5M11 16v-4h3v4',
  person: 'M10 9.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM3.5 17c.6-3.2 3.2-5 6.5-5s5.9 1.8 6.5 5',
  channels: 'M10 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM6 14a5.600 5.600 0 0 1 0-8M14 6a5.600 5.600 0 0 1 0 8M3.500 16.500a9.200 9.200 0 0 1 0-13M16.500 3.500a9.200 9.200 0 0 1 0 13',
  graph: 'M10 2.500l6.5 3.75v7.500L10 17.500l-6.5-3.75v-7.500zM10 2.500L3.5 13.75h13zM10 17.5',
  WEBSHOP: 'M10 17.500a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM2.5 10h15M10 2.500c4.5 4.5 4.5 10.5 0 15M10 2.500c-4.5 4.5-4.5 10.5 0 15',
  APP: 'M6 2.500h8v15H6zM9 15h2',
  POS: 'M3 12h14v5H3zM5 12l1-5h8l1 5M8 7V3h4v4M8.5 14.500h3',
  MARKETPLACE: 'M3 8l1.5-5h11L17 8M3 8h14M3 8c0 2 3.5 2 3.5 0 0 2 3.5 2 3.5 0 0 2 3.5 2 3.5 0 0 2 3.5 2 3.5 0M4.5 10v7h11v-7',
  search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12zM13.5 13.500L17.5 17.5',
  chevron: 'M7 4l6 6-6 6',
};

export function Icon({ name }: { name: string }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
      <path d={PATHS[name] ?? PATHS['WEBSHOP']} />
    </svg>
  );
}
