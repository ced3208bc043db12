import { seriesKey, type Series } from '../metric/series.ts';
import { Attached } from '../runtime/attached.ts';

/** Keys of series, each written once for as long as somebody holds the series: that costs more than a look-up. */
export class SeriesKeys {
  readonly #keys = new Attached<Series, string>();

  of(series: Series): string {
    let key = this.#keys.get(series);
    if (key === undefined) {
      key = seriesKey(series);
      this.#keys.set(series, key);
    }
    return key;
  }
}
