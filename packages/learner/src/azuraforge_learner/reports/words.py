"""Every word of a report in both languages."""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("tr", "en")

WORDS: Final[dict[str, tuple[str, str]]] = {
    "actual": ("Gerçekleşen", "Actual"),
    "app": ("Uygulama", "App"),
    "baseline": ("Saf yöntem", "Baseline"),
    "baselines_note": (
        (
            "Saf yöntemler eğitim gerektirmez ve aynı test satırlarında ölçülür. Bir model ancak bunların en iyisini "
            "rastlantının ötesinde geçiyorsa işe yarar."
        ),
        (
            "Baselines need no training and are measured on the same test rows. A model earns its place only when it "
            "beats the best of them by more than chance."
        ),
    ),
    "best_baseline_error": ("En iyi saf yöntem, RMSE", "Best baseline, RMSE"),
    "best_epoch": ("En iyi dönem", "Best epoch"),
    "config": ("Yapılandırma", "Config"),
    "config_hash": ("Yapılandırma özeti", "Config hash"),
    "cores": ("çekirdek", "cores"),
    "curves": ("Öğrenme eğrileri", "Learning curves"),
    "curves_caption": (
        "Eğitim ve doğrulama kaybı, dönem dönem. Ağırlıklar doğrulama kaybının en küçük olduğu dönemden alındı.",
        (
            "Training and validation loss, epoch by epoch. The weights are those of the epoch with the smallest "
            "validation loss."
        ),
    ),
    "data": ("Veri", "Data"),
    "data_hash": ("Veri özeti", "Data hash"),
    "detail": ("Son {count} satır", "The last {count} rows"),
    "device": ("Aygıt", "Device"),
    "direction_accuracy": ("Yön isabeti", "Direction"),
    "environment": ("Ortam", "Environment"),
    "epoch": ("Dönem", "Epoch"),
    "epochs_run": ("Eğitilen dönem", "Epochs trained"),
    "error": ("Hata", "Error"),
    "error_count": ("Satır sayısı", "Rows"),
    "experiment": ("Deney", "Experiment"),
    "features": ("Girdiler", "Inputs"),
    "figure": ("Şekil", "Figure"),
    "fixed_seed": (
        "Aynı veri, yapılandırma ve tohum ile işlemcide (CPU) yeniden eğitim, bit bit aynı ağırlıkları verir.",
        "Training again on a CPU with the same data, config and seed gives the same weights, bit for bit.",
    ),
    "how_to_read": ("Nasıl okunur", "How to read this"),
    "interval": ("%95 aralığı", "95 % interval"),
    "layers": ("Katmanlar", "Layers"),
    "loss": ("Kayıp", "Loss"),
    "machine": ("Makine", "Machine"),
    "mae": ("MAE", "MAE"),
    "method": ("Yöntem", "Method"),
    "metric": ("Ölçüt", "Metric"),
    "model": ("Model", "Model"),
    "notes": ("Notlar", "Notes"),
    "other_language": ("English", "Türkçe"),
    "outcome_beats": ("Saf yöntemi geçiyor", "Beats the baseline"),
    "outcome_equals": ("Saf yönteme denk", "Equals the baseline"),
    "outcome_loses": ("Saf yöntemi geçemiyor", "Does not beat the baseline"),
    "parameters": ("Parametre", "Parameters"),
    "part_test": ("Test", "Test"),
    "part_train": ("Eğitim", "Training"),
    "part_validation": ("Doğrulama", "Validation"),
    "parts": ("Bölümlere göre model", "The model by part"),
    "period": ("Dönem aralığı", "Period"),
    "predicted": ("Tahmin", "Predicted"),
    "r2": ("R²", "R²"),
    "read_direction": (
        (
            "Yön isabeti: gerçek yükseliş ve düşüşlerin ne kadarının yönü bilindi. %50 yazı tura demektir; yön "
            "söylemeyen bir yöntemde tanımsızdır (–)."
        ),
        (
            "Direction: the share of real rises and falls whose direction was predicted. 50 % is a coin toss; it is "
            "undefined (–) for a method that names no direction."
        ),
    ),
    "read_errors": (
        (
            "MAE ve RMSE: tahminlerin gerçekleşenden ortalama ne kadar saptığı, hedefin biriminde. Küçük olan iyidir; "
            "RMSE büyük sapmaları daha ağır sayar."
        ),
        (
            "MAE and RMSE: how far predictions are from what happened on average, in the target's unit. Smaller is "
            "better; RMSE weighs large misses more."
        ),
    ),
    "read_r2": (
        (
            "R²: değişimin ne kadarının açıklandığı. Yavaş değişen serilerde saf yöntemin de R² değeri yüksektir; tek "
            "başına başarı göstergesi değildir."
        ),
        (
            "R²: the share of the variation that is explained. In a series that changes slowly the naive answer has a "
            "high R² as well; on its own it shows no success."
        ),
    ),
    "read_skill": (
        (
            "Beceri: 1 − model hatası ÷ en iyi saf yöntemin hatası. 0’ın üstünde model daha iyidir; aralık 0’ı "
            "içeriyorsa fark rastlantı olabilir."
        ),
        (
            "Skill: 1 − model error ÷ best baseline's error. Above 0 the model is better; where the interval holds 0 "
            "the difference may be chance."
        ),
    ),
    "report": ("Deney raporu", "Experiment report"),
    "reproducibility": ("Tekrarlanabilirlik", "Reproducibility"),
    "residual": ("Tahmin − gerçekleşen", "Predicted − actual"),
    "residuals": ("Hatalar", "Errors"),
    "residuals_caption": (
        (
            "Solda test bölümündeki her hata tarih sırasıyla, sağda hataların dağılımı. İyi bir modelde hatalar "
            "sıfırın iki yanına dengeli düşer."
        ),
        (
            "Left, every error on the test part in date order; right, their distribution. A sound model's errors fall "
            "evenly on both sides of zero."
        ),
    ),
    "rmse": ("RMSE", "RMSE"),
    "rows": ("Satır", "Rows"),
    "seconds": ("Süre", "Time"),
    "seed": ("Tohum", "Seed"),
    "series": ("Tahmin ve gerçekleşen", "Predicted against actual"),
    "series_caption": (
        (
            "Üstte bütün test bölümü, altta son satırlar. Kesikli çizgi en iyi saf yöntemdir ({baseline}); "
            "tahminle üst üste biniyorsa model ondan pek farklı bir şey söylemiyor demektir."
        ),
        (
            "Above, the whole test part; below, its last rows. The dashed line is the best baseline ({baseline}); "
            "where the prediction covers it, the model says little else."
        ),
    ),
    "skill": ("Beceri", "Skill"),
    "source": ("Kaynak", "Source"),
    "split": ("Bölme (pencere)", "Split (windows)"),
    "target": ("Hedef", "Target"),
    "test_error": ("Model, test RMSE", "Model, test RMSE"),
    "test_metrics": ("Test bölümü: model ve saf yöntemler", "Test part: model and baselines"),
    "threads": ("İş parçacığı", "Threads"),
    "training_loss": ("Eğitim kaybı", "Training loss"),
    "undefined": ("tanımsız", "undefined"),
    "validation_loss": ("Doğrulama kaybı", "Validation loss"),
    "version": ("Sürüm", "Version"),
    "versions": ("Yazılım sürümleri", "Software versions"),
    "weights_hash": ("Ağırlık özeti", "Weights hash"),
}


def words_in(language: str) -> dict[str, str]:
    """Every word in one of `LANGUAGES`."""
    place = LANGUAGES.index(language)
    return {key: texts[place] for key, texts in WORDS.items()}
