// Run in a page, where the browser's own globals are: what `accessibility.ts` holds against what is good.
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const ids = all('[id]').map(({ id }) => id);
  const referred = all('[aria-describedby], [aria-labelledby]').flatMap((element) =>
    ['aria-describedby', 'aria-labelledby'].flatMap((name) => element.getAttribute(name)?.split(' ') ?? []),
  );
  const { scrollWidth, clientWidth, lang } = document.documentElement;
  const heights = all('button').map((button) => button.getBoundingClientRect().height);
  return {
    headings: all('h1, h2, h3').map(({ tagName }) => Number(tagName.slice(1))),
    language: lang,
    mains: all('main').length,
    idsTwice: ids.filter((id, index) => ids.indexOf(id) !== index),
    dangling: referred.filter((id) => !ids.includes(id)),
    unlabelled: all('input:not([type=hidden], [hidden])').filter((input) => input.labels?.length !== 1)
      .length,
    sideways: Math.max(0, scrollWidth - clientWidth),
    // Hidden ones have no height.
    lowButtons: heights.filter((height) => height > 0 && height < 40).length,
  };
})();
