import { useComputed } from '@preact/signals'
import type { IconNode } from 'lucide'
import type { JSX } from 'preact'
import { askForToken } from '../actions.ts'
import { short } from '../format/numbers.ts'
import { route } from '../routing/location.ts'
import type { Route } from '../routing/route.ts'
import { sessionToken } from '../state/session-token.ts'
import { follow } from '../state/follow.ts'
import { connection, overview, history, sampleTick } from '../state/store.ts'
import { chooseTheme, theme, type Theme } from '../state/theme.ts'
import type { Sample } from '@hcengineering/network-pod/admin-views'
import {
  AgentIcon,
  ClientIcon,
  ContainerIcon,
  DarkIcon,
  EventsIcon,
  Icon,
  KeyIcon,
  LightIcon,
  OverviewIcon,
  SystemThemeIcon,
  TopologyIcon
} from '../ui/icon.tsx'

interface Place {
  readonly text: string
  readonly path: string
  readonly icon: IconNode
  readonly pages: readonly Route['page'][]
  readonly figure?: 'containers' | 'agents' | 'clients'
}

const places: readonly Place[] = [
  { text: 'Overview', path: '/', icon: OverviewIcon, pages: ['overview'] },
  { text: 'Topology', path: '/topology', icon: TopologyIcon, pages: ['topology'] },
  {
    text: 'Containers',
    path: '/containers',
    icon: ContainerIcon,
    pages: ['containers', 'container'],
    figure: 'containers'
  },
  { text: 'Agents', path: '/agents', icon: AgentIcon, pages: ['agents', 'agent'], figure: 'agents' },
  { text: 'Clients', path: '/clients', icon: ClientIcon, pages: ['clients'], figure: 'clients' },
  { text: 'Events', path: '/events', icon: EventsIcon, pages: ['events'] }
]

/** The way to all pages, and what belongs to none of them. */
export function Navigation(): JSX.Element {
  const { page } = route.value
  return (
    <nav class="side" aria-label="Pages of the dashboard">
      <a class="brand" href="/" aria-label="Virtual network, overview">
        <img src="/mark.svg" alt="" width="26" height="26" />
        <span>Virtual network</span>
      </a>
      <ul class="places">
        {places.map(({ text, path, icon, pages, figure }) => (
          <li key={path}>
            <a href={path} aria-current={pages.includes(page) ? 'page' : undefined}>
              <Icon of={icon} size={17} />
              <span class="place-text">{text}</span>
              {figure !== undefined && <LiveCount field={figure} />}
            </a>
          </li>
        ))}
      </ul>
      <div class="side-foot">
        <CoordinatorState />
        <div class="side-tools">
          <ThemeSwitch />
          <button
            type="button"
            class="button icon-button quiet"
            data-on={sessionToken.value !== undefined}
            title={sessionToken.value === undefined ? 'Enter the admin token' : 'You may act. Admin token…'}
            aria-label={sessionToken.value === undefined ? 'Enter the admin token' : 'Admin token is set'}
            onClick={askForToken}
          >
            <Icon of={KeyIcon} />
          </button>
        </div>
      </div>
    </nav>
  )
}

function LiveCount({ field }: { field: keyof Sample }): JSX.Element {
  const text = useComputed(() => {
    follow(sampleTick)
    const value = history.latest?.[field]
    return value === undefined ? '' : short(value)
  })
  return <span class="place-count">{text}</span>
}

function CoordinatorState(): JSX.Element {
  const { kind } = connection.value
  const now = overview.value
  const [tone, text] =
    kind === 'lost'
      ? ['bad', 'Not reached']
      : kind === 'connecting'
        ? ['plain', 'Connecting']
        : now?.recovering === true
          ? ['warn', 'Recovering']
          : ['good', 'Live']
  return (
    <div class="coordinator-state" data-tone={tone}>
      <span class="dot" aria-hidden="true" />
      <span>{text}</span>
      {now !== undefined && <span class="coordinator-version">v{now.version}</span>}
    </div>
  )
}

const nextTheme: Readonly<Record<Theme, Theme>> = { system: 'dark', dark: 'light', light: 'system' }
const themeIcons: Readonly<Record<Theme, IconNode>> = {
  system: SystemThemeIcon,
  dark: DarkIcon,
  light: LightIcon
}

function ThemeSwitch(): JSX.Element {
  const now = theme.value
  return (
    <button
      type="button"
      class="button icon-button quiet"
      title={`Colours: ${now}. Change to ${nextTheme[now]}`}
      aria-label={`Colours: ${now}. Change to ${nextTheme[now]}`}
      onClick={() => chooseTheme(nextTheme[now])}
    >
      <Icon of={themeIcons[now]} />
    </button>
  )
}
