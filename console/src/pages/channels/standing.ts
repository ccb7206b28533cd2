// What is to be said of a connected channel.

import type { AdapterFragment, ConnectedQuery } from '../../graph/documents';

export interface Standing {
  title: string;
  adapter: AdapterFragment;
  /** Incidents of its channel that nobody has looked at. */
  incidents: number;
}

/** What each state means, for who has to do something about it. */
export const MEANING: Record<AdapterFragment['state'], string> = {
  UP: 'What it sends is applied as it comes.',
  DEGRADED: 'Something it sent is not applied.',
  REPLAYING: 'What changed there is being read.',
  DOWN: 'It could not be read the last time. It is tried again by itself.',
  DISABLED: 'No gateway has it connected now.',
};

const URGENCY: AdapterFragment['state'][] = ['DOWN', 'DEGRADED', 'DISABLED', 'REPLAYING', 'UP'];

/** Every connected account, those that need somebody first. */
export function standings({ channels, incidents }: ConnectedQuery): Standing[] {
  const open = incidents.edges.map(({ node }) => node.channel?.id);
  const all = channels.flatMap(({ id, name, adapters }) =>
    adapters.map((adapter) => ({
      title: adapters.length > 1 ? `${name}, ${adapter.code}` : name,
      adapter,
      incidents: open.filter((each) => each === id).length,
    })),
  );
  const rank = ({ adapter, incidents }: Standing) => URGENCY.indexOf(adapter.state) - (incidents > 0 ? 0.5 : 0);
  return all.sort((one, other) => rank(one) - rank(other) || one.title.localeCompare(other.title));
}
