import type { IconNode } from 'lucide'
import { h, type JSX } from 'preact'

export {
  Activity as OverviewIcon,
  Box as ContainerIcon,
  Check as CheckIcon,
  ChevronLeft as PreviousIcon,
  ChevronRight as NextIcon,
  ChevronsLeft as FirstIcon,
  ChevronsRight as LastIcon,
  Copy as CopyIcon,
  KeyRound as KeyIcon,
  ListTree as EventsIcon,
  LogOut as DrainIcon,
  Monitor as SystemThemeIcon,
  Moon as DarkIcon,
  Pause as PauseIcon,
  Play as PlayIcon,
  Search as SearchIcon,
  Server as AgentIcon,
  Sun as LightIcon,
  Trash2 as ClearIcon,
  TriangleAlert as WarningIcon,
  CircleStop as TerminateIcon,
  Users as ClientIcon,
  Waypoints as TopologyIcon,
  X as CloseIcon
} from 'lucide'

/** A picture beside a text that says the same; it is hidden from those who listen to the page. */
export function Icon({ of, size = 16 }: { of: IconNode; size?: number }): JSX.Element {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.75"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {of.map(([tag, attributes]) => h(tag, attributes))}
    </svg>
  )
}
