import { useCommands } from '../../commands/registry.js'
import { LOCALES, type Locale, setLocale, useI18n } from '../../i18n/index.js'
import { DENSITIES, THEMES, useTheme } from '../../stores/theme.js'

/** Palette commands for themes, densities and languages. */
export function useLookCommands(): void {
  const { t, locale } = useI18n()
  const theme = useTheme()
  useCommands([
    ...THEMES.map((choice) => ({
      id: `theme ${choice}`,
      section: 'app' as const,
      title: () => t('commands.theme', { name: t(`look.${choice}`) }),
      run: () => {
        theme.choice = choice
      },
      enabled: () => theme.choice !== choice,
    })),
    ...DENSITIES.map((choice) => ({
      id: `density ${choice}`,
      section: 'app' as const,
      title: () => t('commands.density', { name: t(`look.${choice}`) }),
      run: () => {
        theme.density = choice
      },
      enabled: () => theme.density !== choice,
    })),
    ...Object.entries(LOCALES).map(([code, name]) => ({
      id: `language ${code}`,
      section: 'app' as const,
      title: () => t('commands.language', { name }),
      run: () => setLocale(code as Locale),
      enabled: () => locale.value !== code,
    })),
  ])
}
