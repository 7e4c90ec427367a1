// Before anything is painted, so that a chosen theme does not flash in late.
const theme = localStorage.getItem('theme')
if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme
